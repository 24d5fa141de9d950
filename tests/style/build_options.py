# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that every option of the build is read somewhere, and so does what it says."""
import re

import source_tree
import tap as protocol


def unread(options, builds):
    """Options that no build file names."""
    names = re.findall(r"^option\('(\w+)'", options, re.MULTILINE)
    return [f"-D{name}: no meson.build reads it" for name in names
            if not any(f"'{name}'" in build for build in builds)]


def main():
    tap = protocol.Tap()
    tap.result("notices an option that does nothing",
               [] if unread("option('nothing', type: 'feature')\n", ["get_option('docs')\n"])
               else ["it went unnoticed"])
    builds = [source_tree.text(path) for path in source_tree.files()
              if path.name == "meson.build"]
    options = (source_tree.ROOT / "meson_options.txt").read_text(encoding="utf-8")
    tap.result("every option is read", unread(options, builds))
    tap.done()


if __name__ == "__main__":
    main()
