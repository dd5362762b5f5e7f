#!/usr/bin/env python3
"""Every relative link of every page leads to a file, and to a heading of it where it says so: WORKSPACE."""
import os
import re
import subprocess
import sys


def prose(page):
    """Returns the text of a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", open(page).read(), flags=re.M | re.S)


def anchors(page):
    """Returns what a heading is called in a link, as GitHub does, and explicit names."""
    names = set(re.findall(r'<a (?:id|name)="(.*?)"', open(page).read()))
    for heading in re.findall(r"^#+ +(.*?) *$", prose(page), flags=re.M):
        heading = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = 0
        while name + ("-%d" % count if count else "") in names:
            count += 1
        names.add(name + ("-%d" % count if count else ""))
    return names


def main():
    os.chdir(os.path.dirname(os.path.realpath(sys.argv[1])))
    pages = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], check=True, capture_output=True,
                           text=True).stdout.split()
    count, broken = 0, 0
    for page in filter(os.path.exists, pages):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(page))):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not os.path.exists(path):
                print("%s: there is no %s" % (page, target))
                broken += 1
            elif anchor and anchor not in anchors(path):
                print("%s: %s has no heading #%s" % (page, path, anchor))
                broken += 1
    print("%d links in %d pages" % (count, len(pages)))
    sys.exit(bool(broken) or count < 20)


main()
