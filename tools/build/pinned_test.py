"""Every dependency has a sum, and a second source.

    pinned_test.py THIRD_PARTY

Reads what third_party/deps.bzl calls: each archive has the sha256 of both its
sources, each wheel one in its requirements, each file of data one; nothing is
fetched in another way.
"""
import pathlib
import re
import sys

# Files of ours under names that Bazel asks for.
SHIMS = {"remote_coverage_tools", "rules_cc", "rules_java"}
SUM = re.compile(r"[0-9a-f]{64}")
FETCHES = re.compile(r"\b(?:http_archive|http_file|git_repository|new_git_repository|download(?:_and_extract)?)\(")


def problems(root):
    deps = (root / "deps.bzl").read_text()
    folders = sorted(set(re.findall(r'load\("//third_party/(\w+):repo.bzl"', deps)))
    if len(folders) < 15:
        yield f"deps.bzl: only {len(folders)} dependencies found"
    for folder in folders:
        text = (root / folder / "repo.bzl").read_text()
        sums = SUM.findall(text)
        if folder in SHIMS:
            if "shim(" not in text or "://" in text:
                yield f"{folder}: fetches something"
        elif "archive(" in text:
            if not re.search(r'\bsha256 = "[0-9a-f]{64}"', text):
                yield f"{folder}: no sum"
            if 'debian_package = "' not in text:
                yield f"{folder}: no second source"
        elif "pip_unpack(" in text:
            files = [f for f in (root / folder).glob("*.txt")]
            lines = [l for f in files for l in f.read_text().splitlines() if l and l[0] != "#"]
            if not lines:
                yield f"{folder}: no requirements"
            for line in lines:
                if not re.fullmatch(r"[\w.-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line):
                    yield f"{folder}: {line}: no version and sum"
        elif len(sums) < 5 or text.count("://") < 2:
            yield f"{folder}: needs the sums of four files and of their second source"
    for file in sorted(root.rglob("*.bzl")):
        for line in file.read_text().splitlines():
            if FETCHES.search(line) and "sha256" not in file.read_text():
                yield f"{file.name}: {line.strip()}: no sum"


found = list(problems(pathlib.Path(sys.argv[1])))
print("\n".join(found) or "every dependency is pinned")
sys.exit(bool(found))
