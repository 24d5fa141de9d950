# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds two decoders' picture parameters to each other: differences, and the reasons for them."""
import argparse
import collections

# `ours` and `theirs` are the values of `field`; `picture` counts decoded pictures; `fields` has all
# of the picture's fields, ours and theirs, or is None where it is not about one picture.
Difference = collections.namedtuple("Difference", "stream unit picture field ours theirs fields")
# `applies(difference, theirs)`: whether this is the reason; `theirs` is the other decoder's trace.
# `right`: whose values the specification or the driver's interface asks for. `named`: whether the
# table tells the streams' names.
Rule = collections.namedtuple("Rule", "fields why right applies named", defaults=[False])
ANY = ["*"]
# What came of all streams: pairs of a rule's place and a difference, and those without a rule.
Outcome = collections.namedtuple("Outcome", "explained unexplained pictures")


def coded_grain_coefficients(plane, lag, from_luma, points, luma_points):
    """How many auto-regressive coefficients the bitstream has (specification, 5.9.30)."""
    if plane == "y":
        return 2 * lag * (lag + 1) if points else 0
    return 2 * lag * (lag + 1) + (luma_points > 0) if from_luma or points else 0


def explain(rules, difference, theirs):
    """The place of the first rule that is a reason for it; None where there is none."""
    for place, rule in enumerate(rules):
        concerned = rule.fields == ANY or difference.field in rule.fields
        if concerned and rule.applies(difference, theirs):
            return place
    return None


def judge(rules, compared):
    """`compared`: differences of a stream, how many pictures were compared, the other's trace."""
    explained, unexplained, total = [], [], 0
    for differences, pictures, theirs in compared:
        total += pictures
        for difference in differences:
            place = explain(rules, difference, theirs)
            if place is None:
                unexplained.append(difference)
            else:
                explained.append((place, difference))
    return Outcome(explained, unexplained, total)


def without_fields(outcome):
    """The same, small enough to be handed between processes."""
    return Outcome([(place, d._replace(fields=None)) for place, d in outcome.explained],
                   [d._replace(fields=None) for d in outcome.unexplained], outcome.pictures)


def joined(outcomes):
    return Outcome([pair for o in outcomes for pair in o.explained],
                   [d for o in outcomes for d in o.unexplained], sum(o.pictures for o in outcomes))


def table(rules, explained):
    """Markdown: each reason with what it explains."""
    lines = ["| field | pictures | streams | why | right |", "|---|---:|---:|---|---|"]
    for place, rule in enumerate(rules):
        found = [d for at, d in explained if at == place]
        pictures = len({(d.stream, d.picture) for d in found})
        streams = sorted({d.stream for d in found})
        fields = "any" if rule.fields == ANY else ", ".join(f"`{field}`" for field in rule.fields)
        names = ", ".join(f"`{stream}`" for stream in streams)
        why = f"{rule.why}: {names}" if rule.named else rule.why
        lines.append(f"| {fields} | {pictures} | {len(streams)} | {why} | {rule.right} |")
    return "\n".join(lines) + "\n"


def say(difference):
    d = difference
    return f"{d.stream}: picture {d.picture}: {d.field}: ours {d.ours}, theirs {d.theirs}"


def add_options(parser: argparse.ArgumentParser):
    parser.add_argument("--stream", default="", help="only streams whose path has this in it")
    parser.add_argument("--first", action="store_true",
                        help="only the first difference of each stream")
    parser.add_argument("--all", action="store_true", help="explained differences as well")
    parser.add_argument("--table", action="store_true", help="print the table of all differences")
    parser.add_argument("--tap", action="store_true", help="be a test")


def show(args, rules, outcome):
    """What was found, as the options ask for it."""
    shown = outcome.unexplained + ([d for _, d in outcome.explained] if args.all else [])
    seen = set()
    for difference in sorted(shown, key=lambda d: (d.stream, d.picture)):
        if not args.first or difference.stream not in seen:
            print(say(difference))
        seen.add(difference.stream)
    if args.table:
        print(table(rules, outcome.explained))
    print(f"{outcome.pictures} pictures: {len(outcome.unexplained)} differences without a reason, "
          f"{len(outcome.explained)} with one")


def test(tap, rules, outcome, document, prefix=""):
    """That the rules explain what was found, that they are needed, and that they are documented."""
    tap.result(f"{prefix}no difference is without a reason",
               [say(d) for d in outcome.unexplained[:20]])
    used = {place for place, _ in outcome.explained}
    tap.result(f"{prefix}no reason is without a difference",
               [f"{rule.fields}: {rule.why}" for place, rule in enumerate(rules)
                if place not in used])
    found = table(rules, outcome.explained)
    tap.result(f"{prefix}{document.name} has the table of all differences",
               [] if found in document.read_text() else ["it should be:", *found.splitlines()])
