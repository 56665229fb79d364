#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""coverage.py TOP HOST GUEST UNREACHED - what gcov has counted, as a table.

HOST and GUEST are directories of gcov's JSON.  A line is reached if either
reached it.  The two compilers see other branches in it: of a line's branches
those of the side count that took the larger part of them.  UNREACHED gets the
lines that neither reached, and those with a branch that was not taken.
"""
import collections
import glob
import json
import os
import sys

FILES = ("mm/cma*.c", "mm/contig_*.c", "mm/page_isolation.c", "drivers/base/dma-contiguous*.c",
         "arch/arm/mm/dma-contiguous.c", "mm/cma_claims.h", "mm/cma_lend.h", "mm/cma_stuck.h")
LEAST_LINES, LEAST_BRANCHES = 90, 80


def our_files(top):
    """The files to tell of, by name; tests are none of them."""
    names = sorted({os.path.relpath(f, top) for g in FILES for f in glob.glob(os.path.join(top, g))})
    return [n for n in names if not n.endswith("_kunit.c")]


def whose(path, names):
    """Which of our files a compiler means by a path."""
    path = "/" + os.path.normpath(path).lstrip("/.")
    return next((n for n in sorted(names, key=len, reverse=True) if path.endswith("/" + n)), None)


def documents(directory):
    """gcov writes a document for each object, one behind the other."""
    for name in sorted(glob.glob(os.path.join(directory, "*.json"))):
        with open(name, encoding="utf-8") as f:
            for line in f:
                if line.strip():
                    yield json.loads(line)


def read_counts(directory, names):
    """Of each file and line, how often it was run, and each of its branches."""
    lines = collections.defaultdict(collections.Counter)
    branches = collections.defaultdict(collections.Counter)
    for document in documents(directory):
        for source in document["files"]:
            name = whose(os.path.join(document["current_working_directory"], source["file"]), names)
            if not name:
                continue
            for line in source["lines"]:
                number = line["line_number"]
                lines[name][number] += line["count"]
                # An inline function is there once for each caller.
                for i, branch in enumerate(line["branches"]):
                    branches[name, number][i] += branch["count"]
    return lines, branches


def taken(counter):
    """How many of a line's branches were taken, of how many."""
    return sum(count > 0 for count in counter.values()), len(counter)


def best_branches(name, number, sides):
    """Of the side that took the larger part of a line's branches."""
    found = [taken(branches[name, number]) for _, branches in sides if branches.get((name, number))]
    return max(found, key=lambda pair: pair[0] / pair[1], default=(0, 0))


def percent(part, whole):
    return 100 * part / whole if whole else 100


def tell(name, sides, unreached):
    """A row of the table; true if the file is reached as it should be."""
    numbers = sorted(set().union(*(lines[name] for lines, _ in sides)))
    if not numbers:
        print(f"{name:38}  not built by any test")
        return False
    reached = [any(lines[name][n] for lines, _ in sides) for n in numbers]
    branches = [best_branches(name, n, sides) for n in numbers]
    part = percent(sum(reached), len(numbers))
    forks = percent(sum(t for t, _ in branches), sum(w for _, w in branches))
    each = [percent(sum(lines[name][n] > 0 for n in numbers if n in lines[name]), len(lines[name]))
            if lines[name] else 0 for lines, _ in sides]
    good = part >= LEAST_LINES and forks >= LEAST_BRANCHES
    print(f"{name:38}{len(numbers):6}{each[0]:7.1f}{each[1]:7.1f}{part:7.1f}{forks:9.1f}"
          f"{'' if good else '  under'}")
    for number, was_reached, (some, whole) in zip(numbers, reached, branches):
        if not was_reached:
            unreached.write(f"{name}:{number}: never run\n")
        elif some < whole:
            unreached.write(f"{name}:{number}: {some} of {whole} branches\n")
    return good


def main():
    top, host, guest, where = sys.argv[1:]
    names = our_files(top)
    sides = [read_counts(host, names), read_counts(guest, names)]
    print(f"{'file':38}{'lines':>6}{'host%':>7}{'guest%':>7}{'lines%':>7}{'branches%':>9}")
    with open(where, "w", encoding="utf-8") as unreached:
        good = [tell(name, sides, unreached) for name in names]
    print(f"{good.count(False)} of {len(names)} files under {LEAST_LINES} % of lines or "
          f"{LEAST_BRANCHES} % of branches; what was not reached: {where}")


if __name__ == "__main__":
    main()
