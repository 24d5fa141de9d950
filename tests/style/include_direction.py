# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks that folders include only those below them, and that gst/ knows no vendor's interface."""
import pathlib
import re
import sys

import source_tree
import tap as protocol

# A folder of gst/ may include itself and those before it.
LAYERS = ["base", "av1", "memory", "composite", "codec", "registry", "elements", "bins", "plugin"]
BACKENDS_MAY_NOT = {"bins", "plugin"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^">]+)[">]', re.MULTILINE)
VENDOR_HEADER = re.compile(
    r"^(dav1d|rav1e|svt-av1|va|vulkan|ffnvcodec|gst/va|gst/cuda|gst/vulkan)/|^rav1e\.h$"
    r"|^cuda|^nvcuvid")
VENDOR_NAME = re.compile(
    r"\b(Dav1d[A-Z]\w*|dav1d_\w+|rav1e_\w+|Ra(Config|Context|Frame|Packet)|EbSvt\w+|svt_av1_\w+"
    r"|VA(Display|Surface|Context|Config|Status|Buffer|Image|Picture|Profile|Entrypoint)\w*"
    r"|CU(context|stream|device|video|result|array)\w*|NV_ENC\w+|Vk[A-Z]\w+|vk[A-Z]\w+)\b")
NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def problems(path, content, backends):
    """What is wrong with this file of gst/ or ext/; `backends` are the folders of ext/."""
    area, folder = path.parts[0], path.parts[1]
    found = []
    for match in INCLUDE.finditer(content):
        bracket, target = match.groups()
        first = target.split("/")[0] if "/" in target else folder
        if area == "gst" and VENDOR_HEADER.search(target):
            found.append(f"{path}: includes {target}; vendors' headers belong into ext/")
        elif bracket == '"' and not may_include(area, folder, first, backends):
            found.append(f"{path}: {area}/{folder} may not include {target}")
    if area == "gst":
        names = sorted({m.group() for m in VENDOR_NAME.finditer(NOT_CODE.sub(" ", content))})
        found += [f"{path}: names {name}; vendors' types belong into ext/" for name in names]
    return found


def may_include(area, folder, target, backends):
    if target in backends:
        return area == "ext" and target == folder
    if target not in LAYERS:
        return target == folder
    if area == "ext":
        return target not in BACKENDS_MAY_NOT
    return LAYERS.index(target) <= LAYERS.index(folder)


def self_test(tap):
    def seen(path, content):
        return problems(pathlib.Path(path), content, {"cpu", "vaapi"})

    for name, path, content in [
            ("an include from below", "gst/base/x.h", '#include "codec/decoder.h"\n'),
            ("one backend including another", "ext/cpu/x.cpp", '#include "vaapi/device.h"\n'),
            ("a backend including bins", "ext/cpu/x.cpp", '#include "bins/bins.h"\n'),
            ("a vendor's header in gst/", "gst/codec/x.cpp", "#include <dav1d/dav1d.h>\n"),
            ("a vendor's type in gst/", "gst/codec/x.h", "Dav1dPicture* picture;\n")]:
        tap.result(f"notices {name}",
                   [] if seen(path, content) else [f"{path} with {content!r} went unnoticed"])
    tap.result("takes what is allowed", seen(
        "ext/cpu/x.cpp",
        '#include "codec/decoder.h"\n#include "cpu/x.h"\n#include <dav1d/dav1d.h>\n')
        + seen("gst/codec/x.cpp", '#include "base/result.h"\n// dav1d_open, in words\n'))


def main():
    tap = protocol.Tap()
    self_test(tap)
    backends = {path.name for path in (source_tree.ROOT / "ext").iterdir() if path.is_dir()}
    areas = {}
    for path, content in source_tree.sources():
        if path.parts[0] in ("gst", "ext") and len(path.parts) > 2:
            area = "/".join(path.parts[:2])
            areas.setdefault(area, []).extend(problems(path, content, backends))
    unknown = [area for area in areas if area.startswith("gst/") and area[4:] not in LAYERS]
    tap.result("every folder of gst/ has its place in the order",
               [f"{area} is not in LAYERS of {sys.argv[0]}" for area in unknown])
    for area, found in sorted(areas.items()):
        tap.result(f"{area} includes what it may", found)
    tap.done()


if __name__ == "__main__":
    main()
