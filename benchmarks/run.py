"""The benchmark: one command, one table, one picture.

    python benchmarks/run.py            # everything; minutes, and up to 16 GB for the rivals of the largest case
    python benchmarks/run.py --short    # the goals that can be measured in a minute, for the tests
    python benchmarks/run.py --gate     # exit 1 if a figure misses half of its goal

Figures are ratios of CPU times measured within one round, candidates in random order; medians with quartiles. Where the
same function timed twice comes out unequal, the section is measured again, a few times; a run in which that did not help
does not count. The gate judges what the quietest moments gave, the shortest time of each candidate: whatever else a machine
does makes times longer, and half of a goal leaves more room than that takes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import measures
import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    from timing import Figure

RESULTS = Path(__file__).parent / "results"


#: How often a section is measured at the most, for its control to come out equal.
TRIES = 2

SHORT: tuple[Callable[[], list[Figure]], ...] = (
    partial(measures.decoding, 2_000, 31, 1, None, all_rivals=False),
    partial(measures.decoding, 200_000, 9, 4, 6, all_rivals=False),
    partial(measures.cache, 9),
    partial(measures.whole_reads, 2_000, 21, 1, 1),
    partial(measures.whole_reads, 700_000, 3, 2.5, 25, deep=True),
    partial(measures.exported, 600_000, 200_000),
    partial(measures.metadata, 7),
    partial(measures.imports, 3),
)


def full(largest: int) -> tuple[Callable[[], list[Figure]], ...]:
    """Everything, section by section."""
    return (
        partial(measures.whole_reads, 2_000, 51, 1, 1),
        partial(measures.whole_reads, 700_000, 9, 2.5, 25, deep=True),
        partial(measures.whole_reads, largest, 2, 2.5, 25, deep=True),
        partial(measures.exported, 50_000_000, 2_000_000),
        partial(measures.decoding, 2_000, 51, 1, None, all_rivals=True),
        partial(measures.decoding, 200_000, 11, 4, 6, all_rivals=True),
        partial(measures.decoding, 2_000_000, 3, 8, 12, all_rivals=True),
        partial(measures.cache, 15),
        partial(measures.metadata, 15),
        partial(measures.imports, 9),
        partial(measures.guarded, 1_000_000, 5),
        partial(measures.stored, 1_000_000, 9),
        partial(measures.end_to_end, (0, 0.5, 2), 12),
    )


def measured(section: Callable[[], list[Figure]], tries: int) -> list[Figure]:
    """The figures of a section, measured again while its control is not equal; at last as they are."""
    for _ in range(tries):
        figures = section()
        if all(control.value.quiet for control in controls(figures)):
            break
    return figures


def controls(figures: list[Figure]) -> list[Figure]:
    """The figures that should be 1."""
    return [figure for figure in figures if figure.name.startswith("control")]


def table(figures: list[Figure], command: str) -> str:
    """The figures as a table of Markdown, under the day, the machine and the command."""
    now = datetime.now(UTC)
    lines = [
        (
            f"`{command}`, {now:%Y-%m-%d}: {processor()}, {os.cpu_count()} CPUs, Python {platform.python_version()},"
            f" pandas {pd.__version__}, numpy {np.__version__}, pyarrow {pa.__version__}{load()}."
        ),
        "",
        (
            'x: how many times faster than a user\'s `response.json()` → `DataFrame` → `astype("category")`, or as the line'
            " says. CPU time, medians with quartiles."
        ),
        "",
        "| | measured | goal | met |",
        "| --- | --- | --- | --- |",
    ]
    section = ""
    for figure in figures:
        if figure.section != section:
            section = figure.section
            lines.append(f"| **{section}** | | | |")
        met = "" if figure.goal is None else "yes" if figure.meets() else "no"
        lines.append(f"| {figure.name} | {figure.value} {figure.unit} | {figure.demand} | {met} |")
    return "\n".join(lines) + "\n"


def load() -> str:
    """How busy the machine was, the benchmark itself among the processes, where the system tells."""
    return f"; {os.getloadavg()[2]:.1f} processes running, on average" if hasattr(os, "getloadavg") else ""


def processor() -> str:
    """The name of the processor, where it can be had."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def picture(figures: list[Figure], path: Path) -> None:
    """How many times faster than a user's JSON each way is, by size."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    shown = [
        f for f in figures if f.section.startswith("decode") and f.unit == "x" and "control" not in f.name
    ]
    shown = [f for f in shown if f.name != "memcpy" and not f.name.startswith("bound")]
    sections = list(dict.fromkeys(f.section for f in shown))
    names = list(dict.fromkeys(f.name for f in shown))
    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    height = 0.8 / len(names)
    for place, name in enumerate(names):
        bars = [(sections.index(f.section), f.value) for f in shown if f.name == name]
        rows = [row + place * height for row, _ in bars]
        axes.barh(rows, [v.middle for _, v in bars], height * 0.9, label=name)
        for row, (_, value) in zip(rows, bars, strict=True):
            axes.plot([value.low, value.high], [row, row], color="black", linewidth=1)
            axes.annotate(f" {value.middle:.1f}", (value.high, row), va="center", fontsize=8)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks([row + 0.4 - height / 2 for row in range(len(sections))], sections)
    axes.invert_yaxis()
    axes.set_xlabel("times faster than a user's JSON (CPU time; line: quartiles)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)


def main() -> int:
    """Measure, write, and judge if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="only what a minute allows; writes nothing")
    parser.add_argument("--gate", action="store_true", help="exit 1 if a figure misses half of its goal")
    parser.add_argument("--largest", type=int, default=20_000_000, help="cells of the largest case")
    options = parser.parse_args()
    measures.warm()
    figures: list[Figure] = []
    start = time.monotonic()
    for section in SHORT if options.short else full(options.largest):
        found = measured(section, 1 if options.short else TRIES)
        figures += found
        for figure in found:
            print(
                f"{time.monotonic() - start:5.0f} s  {figure.section:38} {figure.name:45} {figure.value} {figure.unit}"
                f"  {figure.demand}",
                flush=True,
            )
    command = "python benchmarks/run.py" + "".join(f" {word}" for word in sys.argv[1:])
    for control in controls(figures):
        if not control.value.quiet:
            print(f"Too busy: {control.section}, {control.name}, {control.value}. The run does not count.")
    if not options.short:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "table.md").write_text(table(figures, command), encoding="utf-8")
        (RESULTS / "figures.json").write_text(
            json.dumps([asdict(figure) for figure in figures], indent=1, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
        picture(figures, RESULTS / "decoding.png")
    missed = [figure for figure in figures if not figure.meets(slack=2)]
    if options.gate:
        for figure in missed:
            print(f"{figure.section}, {figure.name}: {figure.value}, not even half of {figure.demand}")
    return int(options.gate and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
