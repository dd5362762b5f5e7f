"""Draws a Vega-Lite specification.

    render.py SITE SPEC SVG PNG PDF JAVASCRIPT

SITE is the directory that has vl_convert; the others are files. JAVASCRIPT is
what draws the same specification in a page. No network.
"""
import pathlib
import sys


def main():
    site, spec, *outputs = sys.argv[1:]
    sys.path.insert(0, site)
    import vl_convert

    spec = pathlib.Path(spec).read_text(encoding="utf-8")
    svg, png, pdf, javascript = map(pathlib.Path, outputs)
    svg.write_bytes(vl_convert.vegalite_to_svg(spec).encode())
    png.write_bytes(vl_convert.vegalite_to_png(spec, scale=2))
    pdf.write_bytes(vl_convert.vegalite_to_pdf(spec))
    javascript.write_bytes(vl_convert.javascript_bundle().encode())


if __name__ == "__main__":
    main()
