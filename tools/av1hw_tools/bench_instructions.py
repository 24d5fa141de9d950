# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the instructions that a command takes, and those of them that it spends in a driver."""


# Else long copies are one instruction for each byte, where a processor moves some 32 at a time.
TUNABLES = ":".join(
    f"glibc.cpu.x86_{name}_threshold={2**30}" for name in ("rep_movsb", "rep_stosb")
)


def callgrind(command, profile):
    """The command under valgrind, which writes what it counted into the file `profile`."""
    return ["env", f"GLIBC_TUNABLES={TUNABLES}", "valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={profile}", *command]


def count(profile, drivers, own_code):
    """Instructions in all, and those within calls into objects with one of these names.

    With `own_code`, of these objects' own code alone: a call that waits for another thread is counted
    with what that one does meanwhile.
    """
    total = inside = 0
    names, caller, callee, called = {}, "", "", False
    for line in profile.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("ob="):
            caller = object_name(line, names)
        elif line.startswith("cob="):
            callee = object_name(line, names)
        elif line.startswith("fn="):
            callee = ""
        elif line.startswith("calls="):
            called = True
        elif line and line[0] in "0123456789+-*":
            cost = int(line.split()[1])
            own = is_one_of(caller, drivers)
            if not called:
                total += cost
            if (own and not called) if own_code else (called and not own and is_one_of(callee, drivers)):
                inside += cost
            if called:
                called, callee = False, ""
    return total, inside


def object_name(line, names):
    """The object in a line such as "ob=(3) /usr/lib/libc.so.6", or of an earlier "(3)"."""
    number, _, name = line.split("=", 1)[1].partition(" ")
    if name:
        names[number] = name
    return names.get(number, "")


def is_one_of(path, names):
    return any(path.rsplit("/", 1)[-1].startswith(name) for name in names)
