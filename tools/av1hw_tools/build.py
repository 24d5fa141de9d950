# SPDX-License-Identifier: LGPL-2.1-or-later
"""Configures and compiles the project in folders beside a developer's own."""
import os
import pathlib
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]


def folder(purpose, name):
    """The build folder for this purpose ("test", "demo") on the system that this runs on."""
    return PROJECT / f"build-{purpose}" / f"{os.environ.get('AV1HW_SUITE', 'native')}-{name}"


def run(command, **more):
    return subprocess.run([str(part) for part in command], cwd=PROJECT, **more)


def build(folder, options, targets=()):
    """Compiles `targets` (or all) with these options of `meson setup`; False if that failed."""
    print(f"=== building {folder.relative_to(PROJECT)}", flush=True)
    # Debug information without the folder's own path: objects of another clone serve as well.
    os.environ["CCACHE_NOHASHDIR"] = "1"
    configured = (folder / "build.ninja").exists()
    setup = ["meson", "configure", folder] if configured else ["meson", "setup", folder]
    done = run(setup + list(options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout)
        return False
    return run(["ninja", "-C", folder, *targets]).returncode == 0
