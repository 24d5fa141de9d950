# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which elements the plugin registers on stand-ins for NVIDIA's libraries, and when it asks them."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tap import Tap

STAND_INS = dict(zip(("libcuda.so.1", "libnvcuvid.so.1", "libnvidia-encode.so.1"), sys.argv[1:]))


def exists(element, folder, scenario, **more):
    """Whether a process on this machine finds the element."""
    done = subprocess.run(
        ["gst-inspect-1.0", element],
        capture_output=True,
        timeout=120,
        env={**os.environ, "LD_LIBRARY_PATH": str(folder), "AV1HW_STAND_IN": scenario,
             "GST_REGISTRY": str(folder / "registry.bin"), **more},
    )
    return done.returncode == 0


def machine(folder):
    folder.mkdir()
    for name, stand_in in STAND_INS.items():
        shutil.copy(stand_in, folder / name)
    return folder


def main():
    tap = Tap()

    def expect(name, got, wanted):
        tap.result(name, [] if got == wanted else [f"it is {got}"])

    with tempfile.TemporaryDirectory() as name:
        ada = machine(pathlib.Path(name) / "ada")
        expect("a GPU with AV1 has its decoder", exists("nvav1dec", ada, "ada"), True)
        expect("and its second name", exists("av1hwnvav1dec", ada, "ada"), True)
        expect("one that encodes AV1 has its encoder", exists("nvav1enc", ada, "ada"), True)
        expect("and its second name, too", exists("av1hwnvav1enc", ada, "ada"), True)
        # A driver that would answer differently now is not asked.
        expect("the next process does not ask again", exists("nvav1dec", ada, "no-av1"), True)
        expect("until what it depends on changes",
               exists("nvav1dec", ada, "no-av1", CUDA_VISIBLE_DEVICES="1"), False)
        hopper = machine(pathlib.Path(name) / "hopper")
        expect("a GPU without AV1 has none", exists("nvav1dec", hopper, "no-av1"), False)
        expect("nor an encoder", exists("nvav1enc", hopper, "no-av1"), False)
        expect("where the CPU's is there", exists("cpuav1dec", hopper, "no-av1"), True)
    tap.done()


if __name__ == "__main__":
    main()
