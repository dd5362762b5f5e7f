"""Draws DIR/figure.vl.json as figure.svg, figure.png and figure.pdf beside it.

    render.py SITE DIR

SITE is the directory that has vl_convert. Also writes DIR/.vega.js, the
JavaScript with which the report draws the same specification in a page. No
network.
"""
import os
import pathlib
import socket
import sys


def write(path, contents):
    """Writes whole or not at all, and through links."""
    path = pathlib.Path(os.path.realpath(path))
    process = "%s.%d" % (socket.gethostname().replace("/", "-"), os.getpid())
    temporary = path.with_name(".%s.%s.tmp" % (path.name, process))
    temporary.write_bytes(contents)
    os.replace(temporary, path)


def main():
    sys.path.insert(0, sys.argv[1])
    import vl_convert

    directory = pathlib.Path(sys.argv[2])
    spec = (directory / "figure.vl.json").read_text(encoding="utf-8")
    write(directory / "figure.svg", vl_convert.vegalite_to_svg(spec).encode())
    write(directory / "figure.png", vl_convert.vegalite_to_png(spec, scale=2))
    write(directory / "figure.pdf", vl_convert.vegalite_to_pdf(spec))
    write(directory / ".vega.js", vl_convert.javascript_bundle().encode())


if __name__ == "__main__":
    main()
