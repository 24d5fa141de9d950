# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks `conformance` itself with other people's decoder: right is right, wrong a failure."""
import pathlib
import subprocess
import sys
import tempfile

from tap import Tap

DATA = pathlib.Path(__file__).parents[1] / "data"
HEADER = "path\tframes\tmd5\tdav1d_args\tfeatures\n"
WRONG = "0" * 32


def vectors():
    lines = (DATA / "MANIFEST.tsv").read_text().splitlines()[1:]
    return {cells[0]: cells for cells in (line.split("\t") for line in lines) if cells[3] == "-"}


def run(program, folder, lines, *more):
    """What `conformance` says to a manifest of these lines."""
    manifest = folder / "MANIFEST.tsv"
    manifest.write_text(HEADER + "".join("\t".join(line) + "\n" for line in lines))
    done = subprocess.run([program, "--manifest", manifest, "--element", "av1dec", *more],
                          capture_output=True, text=True)
    return done.returncode, done.stdout


def main():
    program, tap = sys.argv[1], Tap()
    if subprocess.run(["gst-inspect-1.0", "--exists", "av1dec"]).returncode != 0:
        print("1..0 # SKIP GStreamer's av1dec is not there to check the runner with")
        return
    known = vectors()
    right = [str(DATA / "hdr10.ivf")] + known["hdr10.ivf"][1:]
    odd = [str(DATA / "life.obu")] + known["life.obu"][1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "junk.obu").write_bytes(b"RIFF" * 100)

        def expect(case, status, wanted, lines, *more):
            got, text = run(program, folder, lines, *more)
            good = got == status and all(piece in text for piece in wanted)
            tap.result(case, [] if good else [f"exit status {got}"] + text.splitlines())

        expect("right frames pass", 0, ["\nok 2 - "], [right, odd])
        expect("a wrong MD5 fails", 1, ["not ok 1 - "], [right[:2] + [WRONG] + right[3:]])
        expect("a wrong frame count fails", 1, ["not ok 1 - "], [[right[0], "74"] + right[2:]])
        expect("a missing file fails", 1, ["not ok 1 - ", "cannot read"],
               [["no.ivf", "1", WRONG, "-", ""]])
        expect("what is not AV1 fails", 1, ["not ok 1 - "], [["junk.obu", "1", WRONG, "-", ""]])
        expect("a missing property skips, with the reason", 0, ["# SKIP", "film-grain"],
               [right[:4] + ["film_grain"]])
        expect("--as-it-is runs such a stream all the same", 0, ["ok 1 - "], [right[:4] + ["film_grain"]],
               "--as-it-is")
        results = folder / "results"
        expect("a decoder may come with what it needs in front", 0, ["ok 1 - "], [right],
               "--element", "identity ! av1dec", "--results", str(results))
        expected = f"0\tdecoded {right[1]} {right[2]}\n"
        tap.result("--results has what was decoded",
                   [] if results.read_text() == expected else [results.read_text()])
        expect("a chain with what is not there fails", 1, ["not ok 1 - ", "nonesuch"], [right],
               "--element", "nonesuch ! av1dec")
        expect("too few passes fail", 1, ["# 1 streams passed"], [right, right[:4] + ["film_grain"]],
               "--at-least", "2")
        expect("a hang fails", 1, ["not ok 1 - ", "took longer"], [right],
               "--timeout", "1", "--element", "identity sleep-time=1000000")
        expect("the table has what was counted", 0, ["ok 1 - "], [right],
               "--table", str(folder / "table.md"))
        table = (folder / "table.md").read_text()
        tap.result("the table is by feature", [] if "| hdr10 | 1 | 0 | 0 |" in table else [table])
    tap.done()


if __name__ == "__main__":
    main()
