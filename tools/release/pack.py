"""Packs a release.

    pack.py NAME STATUS ARCHIVE MANIFEST

MANIFEST has lines "path in the archive<tab>file or directory", STATUS the stable
status of Bazel. The archive has one folder NAME, with these files, COMMIT and
SHA256SUMS; the same files give the same bytes.
"""
import gzip
import hashlib
import io
import os
import sys
import tarfile


def files_of(manifest):
    """{path in the archive: file}, directories unfolded."""
    found = {}
    with open(manifest, encoding="utf-8") as lines:
        for line in lines:
            path, source = line.rstrip("\n").split("\t")
            if not os.path.isdir(source):
                found[path] = source
                continue
            for folder, _, names in os.walk(source, followlinks=True):
                for name in names:
                    below = os.path.relpath(os.path.join(folder, name), source)
                    found[f"{path}/{below}"] = os.path.join(folder, name)
    return found


def commit_of(status):
    with open(status, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.rstrip("\n").partition(" ")
            if key == "STABLE_NCLAB_COMMIT":
                return value
    return "unknown"


def main():
    name, status, archive, manifest = sys.argv[1:]
    sums = []
    with open(archive, "wb") as raw, gzip.GzipFile(
        filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0
    ) as packed, tarfile.open(fileobj=packed, mode="w") as tar:

        def add(path, stream, size, executable):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = size
            entry.mode = 0o755 if executable else 0o644
            tar.addfile(entry, stream)

        for path, source in sorted(files_of(manifest).items()):
            with open(source, "rb") as stream:
                sums.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {path}\n")
                stream.seek(0)
                add(path, stream, os.path.getsize(source), os.access(source, os.X_OK))
        for path, text in [
            ("COMMIT", commit_of(status) + "\n"),
            ("SHA256SUMS", "".join(sums)),
        ]:
            data = text.encode()
            add(path, io.BytesIO(data), len(data), False)


if __name__ == "__main__":
    main()
