# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what files must have (licence, purpose) and must not (length, leftovers, own paths)."""
import pathlib
import re

import source_tree
import tap as protocol

LICENCE = "SPDX-License-Identifier: LGPL-2.1-or-later"
MOST_LINES = 600
LEFTOVER = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X)\b")
PRIVATE_PATH = re.compile(r"(?<![\w.$}])/(home|root|work|Users)/\w")
COMMENT = re.compile(r"^(//|#|/\*|\*)\s*\S|^\"\"\"\S")


def header_problems(path, content):
    lines = content.splitlines()[:4]
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    if not lines or LICENCE not in lines[0]:
        return [f"{path}: does not start with '{LICENCE}'"]
    if path.name != "meson.build" and not (len(lines) > 1 and COMMENT.search(lines[1])):
        return [f"{path}: has no line about its purpose after the licence"]
    return []


def length_problems(path, content):
    lines = content.count("\n")
    return [f"{path}: has {lines} lines; {MOST_LINES} are the most"] if lines > MOST_LINES else []


def leftover_problems(path, content):
    return matches(path, content, LEFTOVER,
                   "is a leftover: do it, or write it into docs/known-gaps.md")


def private_path_problems(path, content):
    return matches(path, content, PRIVATE_PATH, "is a path of one machine")


def matches(path, content, pattern, what):
    return [f"{path}:{number}: '{match.group()}' {what}"
            for number, line in enumerate(content.splitlines(), 1)
            for match in pattern.finditer(line)]


CHECKS = [
    ("licence and purpose come first", header_problems, "int x;\n"),
    ("no file is too long", length_problems, "\n" * (MOST_LINES + 1)),
    ("nothing is left for later", leftover_problems, "// F" + "IXME\n"),
    ("no path of one machine", private_path_problems, "x = '/ho" + "me/someone'\n"),
]


def main():
    tap = protocol.Tap()
    found = {name: [] for name, _, _ in CHECKS}
    for name, check, bad in CHECKS:
        tap.result(f"notices when not: {name}",
                   [] if check(pathlib.Path("x.cpp"), bad) else [f"{bad!r} went unnoticed"])
    seen = set()
    for path, content in source_tree.sources():
        seen.add(path)
        for name, check, _ in CHECKS:
            found[name] += check(path, content)
    for path in source_tree.files():
        content = None if path in seen else source_tree.text(path)
        if content is None:
            continue
        found[CHECKS[2][0]] += leftover_problems(path, content)
        found[CHECKS[3][0]] += private_path_problems(path, content)
        if path.name in ("meson.build", "meson_options.txt"):
            found[CHECKS[0][0]] += header_problems(path, content)
    for name, problems in found.items():
        tap.result(name, problems)
    tap.done()


if __name__ == "__main__":
    main()
