# SPDX-License-Identifier: LGPL-2.1-or-later
"""How tests in Python report: the Test Anything Protocol."""


class Tap:
    """Counts and prints results."""

    def __init__(self):
        self.count = 0

    def result(self, name, problems):
        """One case; it fails when there are problems, and names them."""
        self.count += 1
        for problem in problems:
            print(f"# {problem}")
        print(f"{'not ok' if problems else 'ok'} {self.count} - {name}", flush=True)

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def done(self):
        print(f"1..{self.count}")
