"""debian_source(): an upstream archive as Debian's source packages hold it."""

def debian_source(ctx, package, file, url):
    """Brings one file of a Debian source package into the folder "debian".

    Args:
      ctx: the repository context.
      package: the source package.
      file: its upstream archive, for instance "zlib_1.2.13.dfsg.orig.tar.bz2".
      url: what was tried before; named in the error.

    Returns:
      The file's path. The caller checks its sum and deletes "debian".
    """
    script = ctx.path(Label("//third_party:debian_source.sh"))
    ctx.report_progress("apt-get source " + package)
    result = ctx.execute(["bash", script, package, file], timeout = 3600)
    path = ctx.path("debian/src/" + file)
    if not path.exists:
        fail(("\n@%s could not be fetched.\n" +
              "  Tried:    %s\n" +
              "  Then:     apt-get source %s, for %s (Debian 12): %s\n" +
              "  What helps: a network that reaches one of them; or put the first one's file\n" +
              "  into a directory and pass --distdir=DIRECTORY.\n") %
             (ctx.name, url, package, file, result.stderr or "no such file"))
    return path
