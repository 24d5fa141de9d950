# SPDX-License-Identifier: LGPL-2.1-or-later
"""GStreamer asks the plugin anew when a GPU's device node comes or goes, and only then."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tap import Tap

# What umockdev shows under /dev, as its descriptions say it.
NODES = {
    "renderD128": "P: /devices/pci0000:00/0000:00:02.0/drm/renderD128\nN: dri/renderD128\n"
                  "E: DEVNAME=/dev/dri/renderD128\nE: SUBSYSTEM=drm\nA: dev=226:128\\n\n",
    "renderD129": "P: /devices/pci0000:00/0000:00:03.0/drm/renderD129\nN: dri/renderD129\n"
                  "E: DEVNAME=/dev/dri/renderD129\nE: SUBSYSTEM=drm\nA: dev=226:129\\n\n",
    "nvidia0": "P: /devices/virtual/nvidia0\nN: nvidia0\nE: DEVNAME=/dev/nvidia0\n"
               "E: SUBSYSTEM=nvidia\nA: dev=195:0\\n\n",
}


class Machine:
    """Processes that share a registry, on a machine whose device nodes change."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.environment = {
            **os.environ, "GST_REGISTRY": str(self.folder / "registry.bin"),
            # Nobody else's plugins, which ask drivers as well.
            "GST_PLUGIN_SYSTEM_PATH_1_0": ""}

    def is_asked_anew(self, *nodes, twice=False):
        """Whether a process that finds these nodes makes the registry's entry again; with `twice`
        whether the second of two does, which see the same nodes: each umockdev-run makes its own."""
        registry = self.folder / "registry.bin"
        first = self.folder / "registry.first"
        before = registry.read_bytes() if registry.exists() else b""
        command = ["gst-inspect-1.0", "av1hw"]
        if twice:
            command = ["sh", "-ec", 'gst-inspect-1.0 av1hw; cp "$GST_REGISTRY" "$0"; '
                                    "gst-inspect-1.0 av1hw", str(first)]
        if nodes:
            description = self.folder / "nodes.umockdev"
            description.write_text("\n".join(NODES[node] + "\n" for node in nodes))
            command = ["umockdev-run", "-d", str(description), "--", *command]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              timeout=120, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{command} failed: {done.stderr}")
        return registry.read_bytes() != (first.read_bytes() if twice else before)


def main():
    tap = Tap()
    if not shutil.which("umockdev-run"):
        tap.skip("device nodes", "umockdev-run is missing: NOTHING was tested")
        return tap.done()
    if list(pathlib.Path("/dev").glob("nvidia*")) or list(pathlib.Path("/dev/dri").glob("render*")):
        tap.skip("device nodes", "this machine has GPUs of its own")
        return tap.done()

    def expect(what, got, wanted):
        tap.result(what, [] if got == wanted else [f"it is {got}"])

    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(folder)
        expect("a first process asks", machine.is_asked_anew(), True)
        expect("the next does not", machine.is_asked_anew(), False)
        expect("a render node that appears is noticed", machine.is_asked_anew("renderD128"), True)
        expect("and does not change again", machine.is_asked_anew("renderD128", twice=True),
               False)
        expect("a second one", machine.is_asked_anew("renderD128", "renderD129"), True)
        expect("one of them that goes", machine.is_asked_anew("renderD128"), True)
        expect("the last that goes", machine.is_asked_anew(), True)
        expect("an NVIDIA GPU that appears", machine.is_asked_anew("nvidia0"), True)
        expect("and goes", machine.is_asked_anew(), True)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
