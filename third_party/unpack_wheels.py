"""Unpacks every wheel of a directory into one tree and deletes the wheel.

  unpack_wheels.py WHEELS TREE PATTERN...

A file is unpacked if a PATTERN matches its name (* also crosses /) and none that
begins with ! does.
"""
import fnmatch
import os
import sys
import zipfile

wheels, tree, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]


def wanted(name):
    hits = [p for p in patterns if fnmatch.fnmatchcase(name, p.lstrip("!"))]
    return bool(hits) and not any(p.startswith("!") for p in hits)


for wheel in sorted(os.listdir(wheels)):
    path = os.path.join(wheels, wheel)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tree, [n for n in archive.namelist() if wanted(n)])
    os.remove(path)
