# SPDX-License-Identifier: GPL-2.0
"""The plots of ./cma bench: the shares served, and the times, load by load."""
import os

import matplotlib

matplotlib.use("Agg")
# pylint: disable=wrong-import-position
from matplotlib import pyplot
from matplotlib.ticker import FuncFormatter

# Told apart by those who cannot tell red from green, too (Okabe and Ito)
COLOURS = {"none": "#999999", "stock": "#E69F00", "ours": "#0072B2"}
LABELS = {"none": "no area", "stock": "stock", "ours": "ours"}
COLUMNS = 4


def panels(count):
    """A figure with so many panels, and the panels."""
    rows = -(-count // COLUMNS)
    columns = min(count, COLUMNS)
    figure, axes = pyplot.subplots(rows, columns, figsize=(3.2 * columns, 2.6 * rows + 0.6),
                                   sharey=True, squeeze=False)
    axes = list(axes.flat)
    for unused in axes[count:]:
        unused.remove()
    return figure, axes[:count]


def finish(figure, axes, title, path):
    """Legend, title, and both formats."""
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=len(labels), frameon=False)
    figure.suptitle(title)
    figure.tight_layout(rect=(0, 0.35 / figure.get_figheight(), 1, 1))
    for suffix in ("svg", "png"):
        figure.savefig(f"{path}.{suffix}", dpi=120, metadata={"Date": None} if suffix == "svg" else None)
    pyplot.close(figure)


def cells_of(cells):
    """The cells' names, in order"""
    return [cell for _, cell in cells]


def draw_shares(path, summaries):
    """Bars: percent served, with intervals"""
    figure, axes = panels(len(summaries))
    for axis, (name, cells) in zip(axes, summaries.items()):
        labels = cells_of(cells)
        for shift, kernel in enumerate(COLOURS):
            have = [(x, s[kernel]) for x, s in enumerate(cells.values()) if kernel in s]
            share = [100 * s.served / s.n for _, s in have]
            axis.bar([x + 0.27 * (shift - 1) for x, _ in have], share, 0.25, color=COLOURS[kernel],
                     label=LABELS[kernel],
                     yerr=[[max(0, p - s.low) for p, (_, s) in zip(share, have)],
                           [max(0, s.high - p) for p, (_, s) in zip(share, have)]],
                     error_kw={"linewidth": 0.8})
        axis.set_title(name.split("/")[1], fontsize=10)
        axis.set_xticks(range(len(labels)), [label.replace("MiB", "") for label in labels])
        axis.set_xlabel("MiB", fontsize=8)
        axis.set_ylim(0, 105)
        axis.tick_params(labelsize=8)
    for axis in axes[::COLUMNS]:
        axis.set_ylabel("served, %")
    finish(figure, axes, "Share of the requests that is served (95 % interval)", path)


def draw_times(path, summaries):
    """From p50 to the worst, on a logarithmic scale"""
    figure, axes = panels(len(summaries))
    for axis, (name, cells) in zip(axes, summaries.items()):
        labels = cells_of(cells)
        for shift, kernel in enumerate(("stock", "ours")):
            have = [(x + 0.24 * (shift - 0.5), s[kernel]) for x, s in enumerate(cells.values())
                    if kernel in s and s[kernel].p50 is not None]
            axis.vlines([x for x, _ in have], [s.p50 / 1e6 for _, s in have],
                        [s.worst / 1e6 for _, s in have], color=COLOURS[kernel], linewidth=1.5)
            axis.plot([x for x, _ in have], [s.p50 / 1e6 for _, s in have], "o", markersize=5,
                      color=COLOURS[kernel], label=f"{LABELS[kernel]}: p50")
            axis.plot([x for x, _ in have], [s.p99 / 1e6 for _, s in have], "_", markersize=8,
                      color=COLOURS[kernel], label=f"{LABELS[kernel]}: p99, line to the worst")
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(FuncFormatter(lambda ms, _: f"{ms:g}"))
        axis.set_title(name.split("/")[1], fontsize=10)
        axis.set_xticks(range(len(labels)), [label.replace("MiB", "") for label in labels])
        axis.set_xlabel("MiB", fontsize=8)
        axis.tick_params(labelsize=8)
        axis.grid(axis="y", linewidth=0.3)
    for axis in axes[::COLUMNS]:
        axis.set_ylabel("guest time, ms")
    finish(figure, axes, "How long a request takes", path)


def draw(directory, summaries):
    """Both plots, of {job: {(workload, cell): {kernel: Summary}}}.

    Returns what the report shows: (file, text) of each.
    """
    summaries = {name: cells for name, cells in summaries.items() if cells}
    if not summaries:
        return []
    draw_shares(os.path.join(directory, "success"), summaries)
    draw_times(os.path.join(directory, "latency"), summaries)
    return [("success.png", "the share of requests that is served, load by load"),
            ("latency.png", "how long requests take, load by load")]
