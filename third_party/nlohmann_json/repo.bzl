"""nlohmann/json 3.11.2: JSON of specs, reports and Vega-Lite."""

load("//third_party:archive.bzl", "archive")

def nlohmann_json(name):
    archive(
        name = name,
        url = "https://github.com/nlohmann/json/archive/refs/tags/v3.11.2.tar.gz",
        sha256 = "d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273",
        strip_prefix = "json-3.11.2",
        debian_package = "nlohmann-json3",
        debian_file = "nlohmann-json3_3.11.2.orig.tar.gz",
        build_file = Label("//third_party/nlohmann_json:nlohmann_json.BUILD"),
        licence = "LICENSE.MIT",
    )
