#!/usr/bin/env python3
"""Every message of docs/troubleshooting.md is one of the sources: WORKSPACE.

A message is the first cell of a table, in backquotes; "..." in it stands for
anything. What is between must be in one literal, once literals that the
compiler would join are joined.
"""
import os
import re
import subprocess
import sys


def literals(text):
    """Returns the string literals of C++ and Starlark, neighbours joined."""
    text = re.sub(r"^\s*//.*$", "", text, flags=re.M)
    texts, end = [], None
    for found in re.finditer(r'"((?:[^"\\\n]|\\.)*)"', text):
        piece = found.group(1).replace(r"\"", '"')
        if end is not None and not text[end:found.start()].strip():
            texts[-1] += piece
        else:
            texts.append(piece)
        end = found.end()
    return texts


def main():
    os.chdir(os.path.dirname(os.path.realpath(sys.argv[1])))
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cc", "*.h", "*.bzl", "bazelw"],
                            check=True, capture_output=True, text=True).stdout.split()
    known = []
    for source in listed:
        if os.path.exists(source) and not source.endswith("_test.cc"):
            known += literals(open(source).read())
    page = open("docs/troubleshooting.md").read()
    messages = re.findall(r"^\| `(.*?)` \|", page, flags=re.M)
    missing = [(message, part.strip()) for message in messages for part in message.split("...")
               if part.strip() and not any(part.strip() in text for text in known)]
    for message, part in missing:
        print("No source says '%s', of: %s" % (part, message))
    print("%d messages in %d sources" % (len(messages), len(listed)))
    sys.exit(bool(missing) or len(messages) < 20)


main()
