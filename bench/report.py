#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Makes the report of ./cma bench out of the consoles of its boots.

report.py DIR reads DIR/facts, DIR/jobs and DIR/console/, and writes requests.csv,
values.csv, report.md, headline.md and the plots into DIR.
"""
import collections
import csv
import math
import os
import sys

KERNELS = ("none", "stock", "ours")
JOB_FIELDS = ("run", "kernel", "cells", "name", "quick", "kernels", "mem", "smp", "clock",
              "disk", "append", "commands", "about", "status", "seconds", "requests")
REQUEST_COLUMNS = ("job", "kernel", "run", "mem", "smp", "clock", "append",
                   "workload", "cell", "i", "ok", "ns")
VALUE_COLUMNS = ("job", "kernel", "run", "mem", "smp", "clock", "append",
                 "workload", "cell", "metric", "value", "unit")

# A time that is longer than the other by less than this is the same
SAME_TIME = 1.05
# Units of which less is better
LESS_IS_BETTER = ("ns", "us", "ms", "s", "bytes", "KiB/area")
LOSES = "▼"

Job = collections.namedtuple("Job", JOB_FIELDS)
Request = collections.namedtuple("Request", ("workload", "cell", "i", "ok", "ns"))
Value = collections.namedtuple("Value", ("workload", "cell", "metric", "value", "unit"))

# What the requests of one cell on one kernel come to; times in ns, of the
# requests that were served, and the worst of all
Summary = collections.namedtuple("Summary", ("n", "served", "low", "high", "p50", "p99", "worst"))


def percentile(values, percent):
    """The smallest of values that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def wilson(served, n, z=1.96):
    """The 95 % interval of a share, after Wilson (1927), in percent."""
    share = served / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - spread) / scale * 100), min(100.0, (middle + spread) / scale * 100)


def parse(line):
    """A Request, a Value, or None for a line that is neither or is torn."""
    words = line.split()
    try:
        if words[:1] == ["BENCH"] and len(words) == 6 and words[4] in ("0", "1"):
            return Request(words[1], words[2], int(words[3]), words[4] == "1", int(words[5]))
        if words[:1] == ["BENCHV"] and len(words) == 6:
            return Value(words[1], words[2], words[3], float(words[4]), words[5])
    except ValueError:
        pass
    return None


def summarize(requests):
    """The Summary of a cell's requests."""
    served = [r.ns for r in requests if r.ok]
    low, high = wilson(len(served), len(requests))
    return Summary(len(requests), len(served), low, high,
                   percentile(served, 50) if served else None,
                   percentile(served, 99) if served else None,
                   max(r.ns for r in requests))


def serves_less(ours, stock):
    """Does ours serve a smaller share, by more than chance explains?"""
    return ours.high < stock.low


def is_slower(ours, stock):
    """A time of ours against the other's; None for one that is not there."""
    return ours is not None and stock is not None and ours > stock * SAME_TIME


def share_text(summary):
    """Percent served, with its interval."""
    percent = 100 * summary.served / summary.n
    return f"{percent:.4g} % ({summary.low:.3g}–{summary.high:.3g})"


def time_text(ns):
    """A time with three digits and a unit that suits it."""
    if ns is None:
        return "–"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            digits = max(0, 2 - int(math.log10(ns / size)))
            return f"{ns / size:.{digits}f} {unit}"
    return f"{ns:.0f} ns"


def value_text(value, unit):
    """A figure with its unit."""
    if value is None:
        return "–"
    if unit == "ns":
        return time_text(value)
    return f"{value:.6g} {unit}"


class Data:
    """Everything that the boots told.

    requests: {(job name, workload, cell): {kernel: [Request]}}
    values: {(job name, workload, cell): {(metric, unit): {kernel: median}}}
    """

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(directory, "facts"), encoding="utf-8") as file:
            self.facts = dict(line.rstrip("\n").split("\t", 1) for line in file)
        self.jobs = []
        self.requests = collections.defaultdict(lambda: collections.defaultdict(list))
        self.rows = {Request: [], Value: []}
        found = collections.defaultdict(lambda: collections.defaultdict(
            lambda: collections.defaultdict(list)))
        for job in read_jobs(directory):
            self.jobs.append(job)
            for entry in read_console(directory, job):
                self.rows[type(entry)].append(job[3:4] + job[1:2] + job[:1] + job[6:9] +
                                              job[10:11] + tuple(entry))
                key = (job.name, entry.workload, entry.cell)
                if isinstance(entry, Request):
                    self.requests[key][job.kernel].append(entry)
                else:
                    found[key][entry.metric, entry.unit][job.kernel].append(entry.value)
        self.values = {key: {metric: {kernel: percentile(values, 50)
                                      for kernel, values in kernels.items()}
                             for metric, kernels in metrics.items()}
                       for key, metrics in found.items()}

    def about(self, name):
        """The job's line in the table, as far as the report shows it."""
        return next(job for job in self.jobs if job.name == name)

    def names(self):
        """Job names, in the order of the table."""
        return list(dict.fromkeys(job.name for job in self.jobs))

    def summaries(self, name):
        """{(workload, cell): {kernel: Summary}} of a job"""
        return {key[1:]: {kernel: summarize(requests) for kernel, requests in kernels.items()}
                for key, kernels in self.requests.items() if key[0] == name}


def read_jobs(directory):
    """The boots that have ended, in the order of the plan as far as names go."""
    path = os.path.join(directory, "jobs")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [Job(*line.rstrip("\n").split("\t")) for line in file]


def read_console(directory, job):
    """What one boot printed."""
    path = os.path.join(directory, "console",
                        f"{job.name.replace('/', '-')}.{job.kernel}.{job.run}.log")
    with open(path, encoding="utf-8", errors="replace") as file:
        return [entry for entry in map(parse, file) if entry]


def write_csv(path, columns, rows):
    """One table of raw data."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([int(field) if isinstance(field, bool) else field for field in row])


def table(head, rows):
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def command(name, cell, options):
    """What measures a cell alone."""
    return f"`./cma bench {options}{name}:{cell}`"


def options_of(data):
    """Those of the run's command that a cell's own command needs as well."""
    words = data.facts["command"].split()
    kept = []
    for i, word in enumerate(words):
        if word == "--quick":
            kept.append(word)
        elif word in ("--runs", "--requests"):
            kept += words[i:i + 2]
    return "".join(word + " " for word in kept)


def times_text(summary, stock=None):
    """p50 / p99 / worst, those marked that are longer than stock's."""
    texts = []
    for field in ("p50", "p99", "worst"):
        ns = getattr(summary, field)
        mark = LOSES if stock and is_slower(ns, getattr(stock, field)) else ""
        texts.append(time_text(ns) + mark)
    return " / ".join(texts)


def request_rows(data, name):
    """One row for each cell of a job that made requests."""
    rows = []
    for (_, cell), kernels in data.summaries(name).items():
        ours, stock = kernels.get("ours"), kernels.get("stock")
        row = [cell]
        for kernel in KERNELS:
            summary = kernels.get(kernel)
            mark = ""
            if kernel == "ours" and ours and stock and serves_less(ours, stock):
                mark = LOSES
            row.append(share_text(summary) + mark if summary else "–")
        for kernel in KERNELS:
            summary = kernels.get(kernel)
            row.append(times_text(summary, stock if kernel == "ours" else None) if summary else "–")
        rows.append(row + [command(name, cell, options_of(data))])
    return rows


def value_rows(data, name):
    """One row for each figure of a job that is not a request."""
    rows = []
    for (job, _, cell), metrics in data.values.items():
        if job != name:
            continue
        for (metric, unit), kernels in metrics.items():
            ours, stock = kernels.get("ours"), kernels.get("stock")
            ratio = "–"
            if ours is not None and stock:
                ratio = f"{ours / stock:.3g}"
                if unit in LESS_IS_BETTER and is_slower(ours, stock):
                    ratio += LOSES
            rows.append([cell, metric] + [value_text(kernels.get(kernel), unit) for kernel in KERNELS] +
                        [ratio, command(name, cell, options_of(data))])
    return rows


def machine_text(job):
    """The machine that a job ran on, in words."""
    clock = "guest time (icount)" if job.clock == "icount" else "real time"
    kinds = ", ".join(job.kernels.split(","))
    return f"{job.mem} RAM, CPUs: {job.smp}, {clock}, `{job.append}`; kernels: {kinds}"


def job_section(data, name):
    """Everything about one line of the table."""
    job = data.about(name)
    lines = [f"### {name}", "", f"{job.about[:1].upper()}{job.about[1:]}. {machine_text(job)}.", ""]
    rows = request_rows(data, name)
    if rows:
        lines += table(["request", "served: none", "stock", "ours",
                        "p50 / p99 / worst: none", "stock", "ours", "alone"], rows)
    rows = value_rows(data, name)
    if rows:
        lines += table(["cell", "figure", "none", "stock", "ours", "ours/stock", "alone"], rows)
    return lines


def loads(data):
    """The names of the jobs of the success table."""
    return [name for name in data.names() if name.startswith("success/")]


def pooled(data, name, sizes):
    """{kernel: Summary} of a job's requests of these sizes together."""
    pools = collections.defaultdict(list)
    for (job, _, cell), kernels in data.requests.items():
        if job == name and cell in sizes:
            for kernel, requests in kernels.items():
                pools[kernel] += requests
    return {kernel: summarize(requests) for kernel, requests in pools.items()}


def marked_time(summaries, kernel, field):
    """That field of a kernel's summary, marked if ours is slower than stock's."""
    if kernel not in summaries:
        return "–"
    ns = getattr(summaries[kernel], field)
    lost = kernel == "ours" and "stock" in summaries and \
        is_slower(ns, getattr(summaries["stock"], field))
    return time_text(ns) + (LOSES if lost else "")


def headline_rows(data, sizes):
    """Load by load: the share served, p50 of each size (that of all lies between two), and worst."""
    rows = []
    for name in loads(data):
        pools = pooled(data, name, sizes)
        if not pools:
            continue
        row = [data.about(name).about]
        for kernel in KERNELS:
            pool = pools.get(kernel)
            mark = LOSES if kernel == "ours" and "stock" in pools and pool and \
                serves_less(pool, pools["stock"]) else ""
            row.append(f"{100 * pool.served / pool.n:.4g} %{mark}" if pool else "–")
        by_size = [cell for cell in (pooled(data, name, (size,)) for size in sizes) if cell]
        row += [", ".join(marked_time(cell, kernel, "p50") for cell in by_size)
                for kernel in ("stock", "ours")]
        row += [marked_time(pools, kernel, "worst") for kernel in ("stock", "ours")]
        rows.append(row)
    return rows


def headline(data):
    """The table for README.md."""
    head = ["while", "no area", "stock", "ours", "p50: stock", "p50: ours", "worst: stock", "worst: ours"]
    lines = []
    for title, sizes in (("Requests of 1, 2, 4 and 8 MiB", ("1MiB", "2MiB", "4MiB", "8MiB")),
                         ("Requests of 16 and 32 MiB", ("16MiB", "32MiB"))):
        rows = headline_rows(data, sizes)
        if rows:
            lines += [f"**{title}: the share that is served, and how long they take**", ""]
            lines += table(head, rows)
    if lines:
        lines += [f"`{data.facts['command']}`, {data.facts['date']}, Linux {data.facts['base']}, "
                  f"commit {data.facts['commit']}. 512 MiB of RAM, an area of 64 MiB (none for "
                  "\"no area\"), one CPU; times are guest time, one instruction being one nanosecond, "
                  "as a driver sees them: clearing the buffer is part of them. "
                  f"{LOSES}: ours is worse than stock.", ""]
    return lines


def lost(data):
    """Cells in which ours serves less or is slower, as list items."""
    items = []
    for name in data.names():
        for (_, cell), kernels in data.summaries(name).items():
            if "ours" not in kernels or "stock" not in kernels:
                continue
            ours, stock = kernels["ours"], kernels["stock"]
            what = []
            if serves_less(ours, stock):
                what.append(f"serves {share_text(ours)}, stock {share_text(stock)}")
            what += [f"{field} {time_text(getattr(ours, field))}, stock {time_text(getattr(stock, field))}"
                     for field in ("p50", "p99", "worst")
                     if is_slower(getattr(ours, field), getattr(stock, field))]
            if what:
                items.append(f"* {name}:{cell}: " + "; ".join(what))
    return items


def incomplete(data):
    """What went wrong or is not there, as list items."""
    items = [f"* {job.name} on {job.kernel}, run {job.run}: "
             f"{'interrupted' if job.status == '130' else 'ended with status ' + job.status}; "
             f"console/{job.name.replace('/', '-')}.{job.kernel}.{job.run}.log"
             for job in data.jobs if job.status != "0"]
    done, total = data.facts["boots"].split()[0:3:2]
    if done != total:
        items.append(f"* {done} of {total} boots: the run was ended early")
    return items


# Average microseconds by pages, of GCMA's second posting (2015: ARMv7, 4 CPUs at
# 1 GHz, a kernel build behind); literature, not measured here
GCMA = {"1-pages": (26, 684), "1024-pages": (3495, 12303),
        "8192-pages": (17519, 407076), "32000-pages": (44675, 641340)}


def average_ns(requests):
    """The mean time of those that were served."""
    served = [r.ns for r in requests if r.ok]
    return sum(served) / len(served) if served else None


def literature_section(data):
    """The measured averages beside the published ones."""
    rows = []
    for (job, _, cell), kernels in data.requests.items():
        if job != "loops/counts-load" or cell not in GCMA:
            continue
        gcma, its_stock = GCMA[cell]
        rows.append([cell, time_text(average_ns(kernels.get("stock", []))),
                     time_text(average_ns(kernels.get("ours", []))),
                     time_text(its_stock * 1e3), time_text(gcma * 1e3)])
    if not rows:
        return []
    return ["Averages beside those published for GCMA (RFC v2, 2015). The two columns on the right are **literature "
            "values of another machine** (ARMv7, 4 CPUs of 1 GHz, a kernel build behind), not measured here.", ""] + \
        table(["pages", "stock", "ours", "stock CMA of 2015, literature", "GCMA, literature"], rows)


def area_section(data):
    """What the area adds to boot time and memory: with it less without it."""
    with_area = data.values.get(("cost/boot", "cost/boot", "boot"), {})
    without = data.values.get(("cost/boot-no-area", "cost/boot-no-area", "boot"), {})
    rows = []
    for metric in with_area:
        both = [kernel for kernel in KERNELS
                if kernel in with_area[metric] and kernel in without.get(metric, {})]
        if both:
            added = {kernel: with_area[metric][kernel] - without[metric][kernel] for kernel in both}
            rows.append([metric[0]] + [signed_text(added.get(kernel), metric[1])
                                       for kernel in ("stock", "ours")])
    if not rows:
        return []
    return ["What an area of 64 MiB adds: boots with it less boots without it. Instructions from reset to the first "
            "program; memory that the kernel does not count as its own to manage, and slab.", ""] + \
        table(["", "stock", "ours"], rows)


def signed_text(value, unit):
    """A difference."""
    if value is None:
        return "–"
    return ("−" if value < 0 else "+") + value_text(abs(value), unit)


def size_section(data):
    """Text, data and bss of both kernels."""
    path = os.path.join(data.directory, "sizes")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        sizes = {words[0]: [int(word) for word in words[1:]] for words in map(str.split, file)}
    rows = [[kernel] + [f"{size:,}" for size in sizes[kernel]] for kernel in ("stock", "ours")]
    rows.append(["ours − stock"] + [f"{ours - stock:+,}" for ours, stock in zip(sizes["ours"], sizes["stock"])])
    with open(os.path.join(data.directory, "bloat-o-meter"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    return ["### Size of the kernel", "", "Bytes of vmlinux (`size`); the same configuration for both.", ""] + \
        table(["", "text", "data", "bss"], rows) + \
        [f"scripts/bloat-o-meter, stock to ours: {lines[0]}; {lines[-1]} (all of it: bloat-o-meter).", ""]


HOW_TO_READ = f"""
* **none** is the stock kernel without an area (`cma=0`), **stock** and **ours** have one of the size that the
  parameters name. All have one configuration and are booted with one initramfs.
* Requests of "success" are a driver's: `dma_alloc_coherent()`, which clears the buffer as well; that is most of the
  time on an idle area. Those of "loops" go through debugfs and clear nothing.
* A request succeeds or fails; behind the share stands its 95 % interval (Wilson). p50 and p99 are of the requests
  that were served, the worst is of all: a driver waits for a refusal as well.
* Guest time: `-icount shift=0,sleep=off`, one CPU, one instruction is one nanosecond. It does not depend on the host's
  load, and **counts instructions, not cache misses**. Where a disk works, its part in the waiting is the host's.
  Real time is that of an emulated machine with several CPUs: only the ratio of the two kernels means anything.
* {LOSES} marks what is worse on ours than on stock: a share whose interval lies below stock's, a time more
  than {(SAME_TIME - 1) * 100:.0f} % above it.
* *lent* is how much of the area was in use by others before a request, *free* how much memory was free, *windows*
  before how many requests the area had a window that no held page was in.
"""

TITLES = {
    "success": "Which share of requests is served",
    "latency": "Never stalling", "together": "Several requesters at a time",
    "loops": "Loops that others have described", "cost": "What an area costs",
}


# What follows the section of a job
EXTRA = {"loops/counts-load": literature_section, "cost/boot-no-area": area_section}


def report(data, pictures):
    """The whole of report.md."""
    facts = data.facts
    lines = ["# ./cma bench", ""]
    lines += table(["", ""], [[key, value] for key, value in facts.items()])
    lines += headline(data)
    for picture, text in pictures:
        lines += [f"![{text}]({picture})", ""]
    problems = incomplete(data)
    if problems:
        lines += ["## Not complete", ""] + problems + [""]
    items = lost(data)
    lines += ["## Where ours loses", ""] + (items or ["Nowhere in this run."]) + [""]
    lines += ["## How to read this", HOW_TO_READ]
    group = None
    for name in data.names():
        if name.split("/")[0] != group:
            group = name.split("/")[0]
            lines += [f"## {TITLES.get(group, group)}", ""]
        lines += job_section(data, name) + EXTRA.get(name, lambda data: [])(data)
    return lines + size_section(data)


def write_lines(path, lines):
    """A text file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines).rstrip("\n") + "\n")


def main(directory):
    """Reads and writes DIR."""
    # Here, so that the tests of the rest need no matplotlib
    sys.dont_write_bytecode = True
    import plots  # pylint: disable=import-outside-toplevel

    data = Data(directory)
    write_csv(os.path.join(directory, "requests.csv"), REQUEST_COLUMNS, data.rows[Request])
    write_csv(os.path.join(directory, "values.csv"), VALUE_COLUMNS, data.rows[Value])
    summaries = {data.about(name).name: data.summaries(name) for name in loads(data)}
    pictures = plots.draw(directory, summaries)
    write_lines(os.path.join(directory, "report.md"), report(data, pictures))
    write_lines(os.path.join(directory, "headline.md"), headline(data))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: report.py DIR")
    main(sys.argv[1])
