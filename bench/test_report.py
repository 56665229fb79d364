#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of what is pure in report.py.

Run by itself it prints TAP; python3 -m unittest bench/test_report.py works as well.
"""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import report  # pylint: disable=wrong-import-position


class Percentile(unittest.TestCase):
    """The nearest rank: always a value that was measured"""

    def test_of_one(self):
        for percent in (0, 1, 50, 99, 100):
            self.assertEqual(report.percentile([7], percent), 7)

    def test_nearest_rank(self):
        values = list(range(1, 101))
        self.assertEqual(report.percentile(values, 50), 50)
        self.assertEqual(report.percentile(values, 99), 99)
        self.assertEqual(report.percentile(values, 100), 100)
        self.assertEqual(report.percentile(values, 0), 1)

    def test_order_does_not_matter(self):
        self.assertEqual(report.percentile([9, 1, 5, 3, 7], 50), 5)

    def test_median_of_two_is_the_smaller(self):
        self.assertEqual(report.percentile([4, 2], 50), 2)

    def test_rank_just_above_a_step(self):
        self.assertEqual(report.percentile(list(range(1, 201)), 99.1), 199)


class Wilson(unittest.TestCase):
    """Against values worked out by hand, with z = 1.96"""

    def test_all_of_ten(self):
        low, high = report.wilson(10, 10)
        self.assertAlmostEqual(low, 72.25, places=2)
        self.assertEqual(high, 100.0)

    def test_none_mirrors_all(self):
        low, high = report.wilson(0, 10)
        self.assertEqual(low, 0.0)
        self.assertAlmostEqual(high, 27.75, places=2)

    def test_half(self):
        low, high = report.wilson(50, 100)
        self.assertAlmostEqual(low, 40.38, places=2)
        self.assertAlmostEqual(high, 59.62, places=2)

    def test_share_lies_inside(self):
        for n in (1, 3, 100, 200):
            for served in range(n + 1):
                low, high = report.wilson(served, n)
                self.assertLessEqual(low, 100 * served / n + 1e-9)
                self.assertGreaterEqual(high, 100 * served / n - 1e-9)


class Parse(unittest.TestCase):
    """Lines of a console"""

    def test_request(self):
        self.assertEqual(report.parse("BENCH success/idle 4MiB 17 1 123456\r\n"),
                         report.Request("success/idle", "4MiB", 17, True, 123456))

    def test_refused_request(self):
        self.assertFalse(report.parse("BENCH w c 0 0 5").ok)

    def test_value(self):
        self.assertEqual(report.parse("BENCHV w c rate 1.5 1/s\r\n"),
                         report.Value("w", "c", "rate", 1.5, "1/s"))

    def test_what_is_not_ours(self):
        for line in ("", "[    0.1] BENCH w c 0 1 5", "BENCHMARK w c 0 1 5", "hello"):
            self.assertIsNone(report.parse(line))

    def test_torn_lines(self):
        for line in ("BENCH w c 0 1", "BENCH w c 0 1 12BENCH", "BENCH w c 0 2 5",
                     "BENCH w c 0 1 5 6", "BENCHV w c m 12", "BENCHV w c m x KiB"):
            self.assertIsNone(report.parse(line))


class Summaries(unittest.TestCase):
    """Requests of a cell, and what is worse than what"""

    @staticmethod
    def requests(served, refused, ns=1000, refusal_ns=9000):
        return [report.Request("w", "c", i, i < served, ns if i < served else refusal_ns)
                for i in range(served + refused)]

    def test_refusals_count_for_the_worst_only(self):
        summary = report.summarize(self.requests(99, 1))
        self.assertEqual((summary.p50, summary.p99, summary.worst), (1000, 1000, 9000))
        self.assertEqual((summary.n, summary.served), (100, 99))

    def test_none_served(self):
        summary = report.summarize(self.requests(0, 5))
        self.assertIsNone(summary.p50)
        self.assertEqual(summary.worst, 9000)
        self.assertEqual(report.times_text(summary), "– / – / 9.00 µs")

    def test_serves_less_needs_more_than_chance(self):
        all_of, most_of = report.summarize(self.requests(200, 0)), report.summarize(self.requests(199, 1))
        half = report.summarize(self.requests(100, 100))
        self.assertFalse(report.serves_less(most_of, all_of))
        self.assertTrue(report.serves_less(half, all_of))
        self.assertFalse(report.serves_less(all_of, half))

    def test_is_slower(self):
        self.assertTrue(report.is_slower(110, 100))
        self.assertFalse(report.is_slower(104, 100))
        self.assertFalse(report.is_slower(None, 100))

    def test_slower_times_are_marked(self):
        fast, slow = report.summarize(self.requests(5, 0)), report.summarize(self.requests(5, 0, 2000))
        self.assertEqual(report.times_text(slow, fast).count(report.LOSES), 3)
        self.assertNotIn(report.LOSES, report.times_text(fast, slow))


class Texts(unittest.TestCase):
    """Numbers for people"""

    def test_times(self):
        for ns, text in ((None, "–"), (0, "0 ns"), (999, "999 ns"), (1000, "1.00 µs"),
                         (12345, "12.3 µs"), (5.5e6, "5.50 ms"), (250e6, "250 ms"), (2.5e9, "2.50 s")):
            self.assertEqual(report.time_text(ns), text)

    def test_differences(self):
        self.assertEqual(report.signed_text(-128.0, "KiB"), "−128 KiB")
        self.assertEqual(report.signed_text(2500.0, "ns"), "+2.50 µs")

    def test_share(self):
        self.assertEqual(report.share_text(report.summarize(Summaries.requests(10, 0))), "100 % (72.2–100)")


class WholeReport(unittest.TestCase):
    """From consoles to report.md, without the plots"""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        os.mkdir(os.path.join(self.scratch.name, "console"))
        self.write("facts", "date\t2026-01-01 00:00 UTC\ncommand\t./cma bench --quick --runs 1\n"
                            "base\t6.12.117\ncommit\tabc\nboots\t2 of 3 in 0:10\n")
        jobs = ""
        for kernel, ok, ns in (("stock", 1, 1000), ("ours", 0, 5000)):
            jobs += "\t".join(("1", kernel, "-", "success/idle", "all", "stock,ours", "512M", "1", "icount",
                               "-", "cma=64M", "success", "nothing else runs", "0", "3", "100")) + "\n"
            self.write(f"console/success-idle.{kernel}.1.log",
                       "".join(f"BENCH success/idle 4MiB {i} {ok} {ns}\r\n" for i in range(100)) +
                       "BENCHV success/idle 4MiB lent 12 KiB\r\n")
        self.write("jobs", jobs)
        self.data = report.Data(self.scratch.name)

    def write(self, name, text):
        """One file of the scratch directory"""
        with open(os.path.join(self.scratch.name, name), "w", encoding="utf-8") as file:
            file.write(text)

    def test_rows_are_kept_with_their_boot(self):
        rows = self.data.rows[report.Request]
        self.assertEqual(len(rows), 200)
        self.assertEqual(rows[0], ("success/idle", "stock", "1", "512M", "1", "icount", "cma=64M",
                                   "success/idle", "4MiB", 0, True, 1000))
        self.assertEqual(len(rows[0]), len(report.REQUEST_COLUMNS))
        self.assertEqual(len(self.data.rows[report.Value][0]), len(report.VALUE_COLUMNS))

    def test_a_lost_cell_is_shown(self):
        text = "\n".join(report.report(self.data, []))
        self.assertIn("0 % (0–3.7)▼", text)
        self.assertIn("* success/idle:4MiB: serves", text)

    def test_a_cell_has_its_command(self):
        self.assertIn("`./cma bench --quick --runs 1 success/idle:4MiB`", "\n".join(report.report(self.data, [])))

    def test_an_early_end_is_told(self):
        self.assertIn("* 2 of 3 boots: the run was ended early", report.report(self.data, []))

    def test_headline(self):
        self.assertIn("| nothing else runs | – | 100 % | 0 %▼ | 1.00 µs | – | 1.00 µs | 5.00 µs▼ |",
                      report.headline(self.data))


class Tap(unittest.TestResult):
    """One line for each test, and why it failed"""

    def line(self, word, test, why=""):
        """ok or not ok"""
        print(f"{word} {self.testsRun} {test.id()}")
        for text in why.splitlines():
            print(f"# {text}")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.line("not ok", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.line("not ok", test, self.errors[-1][1])


def main():
    """All tests of this file"""
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    print(f"1..{tests.countTestCases()}")
    result = tests.run(Tap())
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
