"""checked_extract(): unpacks a file that another program brought, if it is the right one."""

def checked_extract(ctx, path, sha256, strip_prefix, source):
    """Unpacks an archive into the repository; fails if its sum is another one.

    Args:
      ctx: the repository context.
      path: of the archive.
      sha256: its sum.
      strip_prefix: the folder in it.
      source: where it came from, as a command.
    """

    # "file://" makes Bazel check the sum and keep the file in its repository cache.
    got = ctx.download_and_extract("file://" + str(path), sha256 = sha256, stripPrefix = strip_prefix, allow_fail = True)
    if not got.success:
        found = ctx.execute(["sha256sum", path]).stdout.partition(" ")[0]
        if found == sha256:
            fail("@%s: %s cannot be unpacked (is the disk full?)" % (ctx.name, path))
        fail("\n@%s: %s is not the file that this project was built with.\n" % (ctx.name, path.basename) +
             "  Source:   %s\n" % source +
             "  Found:    sha256 %s\n" % found +
             "  Expected: sha256 %s\n" % sha256 +
             "  What helps: try again, if the transfer broke off; else the file of that sum, in a directory\n" +
             "  passed as --distdir=DIRECTORY. Do not change the sum before you know why it is another.\n")
