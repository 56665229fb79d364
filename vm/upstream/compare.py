#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""compare.py DIR LOGS ARCH... - what the kernel's own tests said on either kernel.

For each architecture there are the consoles of two guests that ran vm/upstream/run-guest,
LOGS/upstream-ARCH-stock.log and LOGS/upstream-ARCH-ours.log, and what was to run is in
DIR/ARCH/rootfs/upstream/tests.  The table is written to DIR/upstream.md, and a line of
TAP for each test to stdout: not ok is one of which something is good on stock and not on
ours, or that did not end on stock; skipped is one of which nothing is good on stock.
"""
import itertools
import re
import sys

LINE = re.compile(r"upstream: (begin|\||end|fault)(?: (.*))?$")
POINT = re.compile(r"\s*(ok|not ok) \d+\b(.*)")
SKIPPED = 4


class Result:
    """What came of one test.  A point is "passed", "failed" or "skipped", and its name."""

    def __init__(self):
        self.status = None
        self.points = []
        self.fault = ""

    def add(self, line):
        """Take a line that a test has printed."""
        match = POINT.match(line)
        if match:
            verdict = "failed" if match[1] == "not ok" else "skipped" if "# SKIP" in line else "passed"
            self.points.append((verdict, match[2].strip(" -")))

    def good(self):
        """What it has shown to work: places of points, or that it ended well without any."""
        if not self.points:
            return {0} if self.status == 0 else set()
        return {i for i, (verdict, _) in enumerate(self.points) if verdict == "passed"}

    def text(self):
        """In few words"""
        counts = {v: sum(p[0] == v for p in self.points) for v in ("passed", "failed", "skipped")}
        words = [f"{n} {verdict}" for verdict, n in counts.items() if n]
        if self.status is None:
            words.append("did not end")
        elif not self.points:
            words.append({0: "passed", SKIPPED: "skipped"}.get(self.status, f"failed with {self.status}"))
        elif self.status not in (0, SKIPPED) and not counts["failed"]:
            words.append(f"failed with {self.status}")
        if self.fault:
            words.append(f"the kernel warned: {self.fault}")
        return ", ".join(words)


def read(path):
    """The results in a console, by test."""
    results = {}
    with open(path, encoding="utf-8", errors="replace") as console:
        for match in filter(None, (LINE.search(line.rstrip()) for line in console)):
            kind, text = match[1], match[2] or ""
            if kind == "begin":
                current = results[text] = Result()
            elif kind == "end":
                current.status = int(text)
            elif kind == "fault":
                current.fault = text
            else:
                current.add(text)
    return results


def lost(stock, ours):
    """What is good on stock and not on ours, in words; nothing if all of it is."""
    points = sorted(stock.good() - ours.good())
    if points and stock.points:
        return f"{len(points)} less than stock, first: {stock.points[points[0]][1]}"
    if points or (stock.status == 0 != ours.status) or (ours.fault and not stock.fault) or ours.status is None:
        return ours.text()
    return ""


def planned(path):
    """The names of the tests in a table of them, in order, and the boot's, which is first."""
    with open(path, encoding="utf-8") as table:
        rows = [line.split() for line in table]
    return ["boot"] + [" ".join(row[:1] + row[2:]) for row in rows]


def tap(number, name, stock, ours):
    """The line for one test."""
    less = lost(stock, ours)
    if less or stock.status is None:
        return f"not ok {number} {name}: {less or 'no end of it on stock'}"
    if stock.good():
        return f"ok {number} {name}: {ours.text()}"
    return f"ok {number} {name} # SKIP on stock: {stock.text()}"


def main():
    """Compare, write the table and the TAP."""
    place, logs = sys.argv[1:3]
    numbers = itertools.count(1)
    with open(f"{place}/upstream.md", "w", encoding="utf-8") as table:
        table.write("| | test | stock | ours |\n|---|---|---|---|\n")
        for arch in sys.argv[3:]:
            stock, ours = (read(f"{logs}/upstream-{arch}-{which}.log") for which in ("stock", "ours"))
            for name in planned(f"{place}/{arch}/rootfs/upstream/tests"):
                pair = stock.get(name, Result()), ours.get(name, Result())
                mark = " ▼" if lost(*pair) else ""
                table.write(f"| {arch} | {name} | {pair[0].text()} | {pair[1].text()}{mark} |\n")
                print(tap(next(numbers), f"{arch} {name}", *pair))


main()
