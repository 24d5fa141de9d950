# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command and prints what it took: as a program, for use where a wrapper surrounds it."""
import json
import os
import subprocess
import sys
import time

# A run that takes longer than this hangs.
LONGEST_RUN = 180


def wait(process, start):
    """The child's exit status and resources; (None, None) when it had to be killed."""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if time.monotonic() - start > LONGEST_RUN:
            process.kill()
            process.wait()
            return None, None
        time.sleep(0.002)


def main():
    start = time.monotonic()
    with subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        status, usage = wait(process, start)
    if status is None:
        sys.exit(f"did not end within {LONGEST_RUN} s")
    if status != 0:
        sys.exit(f"failed with status {status}")
    print(
        json.dumps(
            {
                "seconds": time.monotonic() - start,
                "cpu_seconds": usage.ru_utime + usage.ru_stime,
                "peak_bytes": usage.ru_maxrss * 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
