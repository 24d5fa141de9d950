# SPDX-License-Identifier: LGPL-2.1-or-later
"""Installs the build into a folder and uses it from there; then enters Meson's development shell."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from tap import Tap

BUILD = os.environ["AV1HW_BUILD_ROOT"]
TIMEOUT = 120
PRIVATE = ("GST_PLUGIN_PATH", "GST_REGISTRY", "GST_PRESET_PATH")


def run(words, **environment):
    clean = {name: value for name, value in os.environ.items() if name not in PRIVATE}
    return subprocess.run([str(word) for word in words], env={**clean, **environment},
                          capture_output=True, text=True, timeout=TIMEOUT)


def wants(done, *texts):
    """Problems of a program that should have ended well and said these."""
    problems = [f"exit status {done.returncode}"] if done.returncode != 0 else []
    problems += [f"says nothing of '{text}'" for text in texts if text not in done.stdout]
    return problems and problems + (done.stdout + done.stderr).splitlines()[-40:]


def check_installed(tap, folder):
    done = run(["meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", folder])
    tap.result("it installs", wants(done))
    plugins = list(folder.rglob("libgstav1hw.so"))
    tools = list(folder.rglob("av1hw-info"))
    presets = [path.parent for path in folder.rglob("*.prs")]
    if len(plugins) != 1 or len(tools) != 1 or not presets:
        tap.result("plugin, tool and presets are there", [str(p) for p in folder.rglob("*")])
        return
    there = {"GST_PLUGIN_PATH": str(plugins[0].parent), "GST_PRESET_PATH": str(presets[0]),
             "GST_REGISTRY": str(folder / "registry.bin")}
    tap.result("the plugin loads from there",
               wants(run(["gst-inspect-1.0", "av1hw"], **there), str(plugins[0]), "av1decbin"))
    for encoder in ("cpuav1enc", "cpusvtav1enc", "av1encbin"):
        done = run(["gst-inspect-1.0", encoder], **there)
        if done.returncode != 0:
            tap.skip(f"{encoder} finds its presets", "not in this build")
        else:
            tap.result(f"{encoder} finds its presets", wants(done, '"Live"', '"Archive"'))
    tap.result("av1hw-info runs", wants(run([tools[0], "--json"]), '"backends"'))


def main():
    tap = Tap()
    if not shutil.which("meson"):
        print("1..0 # SKIP there is no meson to install with")
        return
    with tempfile.TemporaryDirectory() as folder:
        check_installed(tap, pathlib.Path(folder))
    inside = "gst-inspect-1.0 av1hw && echo registry $GST_REGISTRY && av1hw-info --version"
    done = run(["meson", "devenv", "-C", BUILD, "sh", "-c", inside])
    tap.result("the development shell has the plugin, a registry of its own, and the tool",
               wants(done, f"{BUILD}/gst/plugin/libgstav1hw.so", f"registry {BUILD}/",
                     "av1hw-info 0."))
    tap.done()


if __name__ == "__main__":
    main()
