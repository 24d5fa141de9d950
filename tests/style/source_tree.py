# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files that the style checks look at."""
import os
import pathlib

ROOT = pathlib.Path(os.environ.get("AV1HW_SOURCE_ROOT") or pathlib.Path(__file__).parents[2])
CODE = {".cpp", ".h", ".c"}


def files():
    """Every file of the project, relative to its root; no build folders, nothing of git's."""
    for folder, names, members in os.walk(ROOT):
        names[:] = sorted(name for name in names if not is_private(pathlib.Path(folder), name))
        for member in sorted(members):
            path = pathlib.Path(folder, member)
            if member != ".git" and path.is_file() and not path.is_symlink():
                yield path.relative_to(ROOT)


def is_private(folder, name):
    generated = folder == ROOT and (name.startswith("build") or name == "out")
    return generated or name in (".git", ".cache", "__pycache__") or (
        folder / name / "meson-private").exists()


def text(path):
    """The text of a file, or None when it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def sources():
    """(path, text) of everything that is written in a programming language."""
    for path in files():
        content = text(path)
        if content is None:
            continue
        name = path.name.removesuffix(".in")
        if pathlib.Path(name).suffix in CODE | {".py", ".sh"} or content.startswith("#!"):
            yield path, content
