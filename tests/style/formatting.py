# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that C++ files are as clang-format would write them."""
import re
import shutil
import subprocess

import source_tree
import tap as protocol

# Its output differs from version to version; this is the one of Debian 13.
VERSION = 19
CASE = "C++ is formatted as .clang-format says"


def reason_to_skip():
    program = shutil.which("clang-format")
    if not program:
        return "clang-format is not installed"
    version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"version (\d+)", version)
    if not found or int(found.group(1)) != VERSION:
        return f"clang-format {VERSION} is needed, found: {version.strip()}"
    return None


def main():
    tap = protocol.Tap()
    skip = reason_to_skip()
    if skip:
        tap.skip(CASE, skip)
    else:
        paths = [str(path) for path in source_tree.files() if path.suffix in (".cpp", ".h")]
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", *paths],
                              cwd=source_tree.ROOT, capture_output=True, text=True)
        complaints = [line for line in done.stderr.splitlines() if ": error:" in line]
        if done.returncode != 0 and not complaints:
            complaints = done.stderr.splitlines()
        tap.result(CASE, complaints)
    tap.done()


if __name__ == "__main__":
    main()
