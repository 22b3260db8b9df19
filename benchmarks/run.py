"""The benchmark: one command, one table, one picture.

    python benchmarks/run.py            # everything; minutes, and up to 16 GB for the rivals of the largest case
    python benchmarks/run.py --short    # the goals that can be measured in a minute, for the tests
    python benchmarks/run.py --gate     # exit 1 if a figure misses half of its goal, 2 if the machine was too busy

Figures are ratios of CPU times measured within one round, candidates in random order; medians with quartiles. A run
does not count if the same function timed twice comes out unequal.
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
from pathlib import Path
from typing import TYPE_CHECKING

import measures
import numpy as np
import pandas as pd
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timing import Figure

RESULTS = Path(__file__).parent / "results"


def short() -> Iterator[list[Figure]]:
    """A minute's worth."""
    yield measures.decoding(2_000, 31, 1, None, all_rivals=False)
    yield measures.decoding(200_000, 11, 4, 6, all_rivals=False)
    yield measures.decoding(2_000_000, 2, 8, 12, all_rivals=False)
    yield measures.cache(9)
    yield measures.second_run(2_000_000, 2, with_user=False)
    yield measures.metadata(7)
    yield measures.imports(5)


def full(largest: int) -> Iterator[list[Figure]]:
    """Everything."""
    yield measures.decoding(2_000, 101, 1, None, all_rivals=True)
    yield measures.decoding(200_000, 25, 4, 6, all_rivals=True)
    yield measures.decoding(2_000_000, 7, 8, 12, all_rivals=True)
    yield measures.cache(25)
    yield measures.metadata(15)
    yield measures.imports(9)
    yield measures.guarded(1_000_000, 5)
    yield measures.stored(1_000_000, 5)
    yield measures.second_run(largest, 3, with_user=True)
    yield measures.end_to_end((0, 0.5, 2), 12)


def table(figures: list[Figure], command: str) -> str:
    """The figures as a table of Markdown, under the day, the machine and the command."""
    now = datetime.now(UTC)
    lines = [
        (
            f"`{command}`, {now:%Y-%m-%d}: {processor()}, {os.cpu_count()} CPUs, Python {platform.python_version()},"
            f" pandas {pd.__version__}, numpy {np.__version__}, pyarrow {pa.__version__}."
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
    shown = [f for f in shown if f.name != "memcpy"]
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
    for found in short() if options.short else full(options.largest):
        figures += found
        for figure in found:
            print(
                f"{time.monotonic() - start:5.0f} s  {figure.section:38} {figure.name:45} {figure.value} {figure.unit}"
                f"  {figure.demand}",
                flush=True,
            )
    command = "python benchmarks/run.py" + "".join(f" {word}" for word in sys.argv[1:])
    busy = [f for f in figures if f.name.startswith("control") and not f.value.quiet]
    for control in busy:
        print(
            f"The machine was too busy: {control.section}, {control.name}, {control.value}. The run does not count."
        )
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
        return 2 if busy else int(bool(missed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
