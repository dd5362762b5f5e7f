"""Draws a Vega-Lite specification.

    render.py SITE SPEC SVG PNG PDF JAVASCRIPT

SITE is the directory that has vl_convert; the others are files. JAVASCRIPT is
what draws the same specification in a page. No network, and no module of C
besides those that every Python has built in.
"""
import sys


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def main():
    site, spec, *outputs = sys.argv[1:]
    sys.path.insert(0, site)
    import vl_convert

    with open(spec, encoding="utf-8") as file:
        spec = file.read()
    svg, png, pdf, javascript = outputs
    write(svg, vl_convert.vegalite_to_svg(spec).encode())
    write(png, vl_convert.vegalite_to_png(spec, scale=2))
    write(pdf, vl_convert.vegalite_to_pdf(spec))
    write(javascript, vl_convert.javascript_bundle().encode())


if __name__ == "__main__":
    main()
