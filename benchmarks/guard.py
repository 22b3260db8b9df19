"""What the guard on sums costs beside pandas' own Float64, on a million cells.

    python benchmarks/guard.py [--cells 1000000] [--rounds 9] [--gate] [--small]

With `--small`, loops and small groups beside ``Int64`` instead, in tens of thousands of cells. Both columns hold the
same numbers under the same keys. The candidates take turns in random order; each ratio is one of CPU times within one
round, and the table gives its median and quartiles. `--gate` exits with 1 if a median is above twice the goal, so that
noise never blocks and a real regression does.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

GOALS = {
    "construction": 3,
    "filter": 2,
    "sort": 2,
    "groupby mean": 2,
    "concat": 2,
    "groupby sum": 5,
    "groupby sum, one key": 5,
    "groupby sum, no two in order": 5,
    "sum": None,
}


def table(cells: int) -> tuple[AddressSpace, list[np.ndarray], np.ndarray]:
    """A table of areas, funds and benefits by month, its member codes and its month codes; one level of each."""
    sizes = (98, 22, 10)
    months = -(-cells // int(np.prod(sizes)))
    periods = tuple(("M", f"{2000 + month // 12}M{month % 12 + 1:02d}") for month in range(months))
    dimensions = tuple(
        AddressDimension.build(
            f"_d{place}",
            f"D{place}",
            [
                (f"_h{place}", "1", "i alt", [("/", "I alt")]),
                (f"_h{place}", "2", "region", [(f"/{m}/", f"R{m}") for m in range(2)]),
                (f"_h{place}", "3", "del", [(f"/{m % 2}/{m}/", f"M{m}") for m in range(size)]),
            ],
        )
        for place, size in enumerate(sizes)
    )
    space = AddressSpace("t", "T", (AddressMeasure("m", "Antal sanktioner", Kind.FLOW),), periods, dimensions)
    grid = np.meshgrid(*(np.arange(size) for size in sizes), np.arange(months), indexing="ij")
    codes = [axis.ravel()[:cells].astype(np.int64) for axis in grid]
    return space, codes[:-1], codes[-1]


@dataclass(frozen=True)
class Column:
    """One candidate: how its arrays are built, all visible and with every twentieth cell hidden."""

    construct: Callable[[], Any]
    visible: Callable[[], Any]
    hidden: Callable[[], Any]


def columns(cells: int) -> tuple[dict[str, Any], Column, Column]:
    """The keys, and Float64 and the guarded dtype over the same numbers."""
    space, members, months = table(cells)
    registry = Registry.of(space)
    random_numbers = np.random.default_rng(1)
    values = random_numbers.integers(3, 1000, cells).astype(np.float64)
    gone = random_numbers.random(cells) < 0.05
    with_gaps = np.where(gone, np.nan, values)
    nothing, some = np.zeros(cells, dtype=np.uint8), gone.astype(np.uint8)
    parts = space.encode(0, months, [codes + 3 for codes in members])
    keys = {
        "area": pd.Categorical.from_codes(members[0], [f"M{m}" for m in range(98)]),
        "fund": pd.Categorical.from_codes(members[1], [f"M{m}" for m in range(22)]),
        "month": pd.PeriodIndex.from_ordinals(months + 360, freq="M"),
    }
    theirs = Column(
        lambda: pd.array(with_gaps, dtype="Float64"),
        lambda: pd.arrays.FloatingArray(values, gone & False),
        lambda: pd.arrays.FloatingArray(with_gaps, gone),
    )
    ours = Column(
        lambda: DiscretionisedArray(with_gaps, some, parts, registry),
        lambda: DiscretionisedArray(values, nothing, parts, registry),
        lambda: DiscretionisedArray(with_gaps, some, parts, registry),
    )
    return keys, theirs, ours


def operations(keys: dict[str, Any], column: Column) -> dict[str, Callable[[], Any]]:
    """What is timed, on one of the columns; a fresh array each time, so that nothing is remembered."""

    def fresh(values: Any) -> pd.DataFrame:
        return pd.DataFrame({**keys, "value": values}, copy=False)

    visible, hidden = fresh(column.visible()), fresh(column.hidden())
    cells = len(visible)
    half = np.random.default_rng(2).random(cells) < 0.5
    shuffled = visible.iloc[np.random.default_rng(3).permutation(cells)]
    tenths = [hidden.value.iloc[start : start + cells // 10] for start in range(0, cells, cells // 10)]

    def grouped(values: Any, *by: str) -> Any:
        return fresh(values).groupby(list(by), observed=True).value

    return {
        "construction": lambda: pd.Series(column.construct(), copy=False),
        "filter": lambda: hidden.value[half],
        "sort": hidden.value.sort_values,
        "groupby mean": lambda: grouped(hidden.value.array.copy(), "area", "month").mean(),
        "concat": lambda: pd.concat(tenths, ignore_index=True),
        "groupby sum": lambda: grouped(visible.value.array.copy(), "area", "month").sum(),
        "groupby sum, one key": lambda: grouped(visible.value.array.copy(), "fund").sum(),
        "groupby sum, no two in order": shuffled.groupby("fund", observed=True).value.sum,
        "sum": visible.value.sum,
    }


# Loops and many small groups, beside Int64: cells, and how much dearer they may be.
SMALL_GOALS = {
    "groupby.apply, 10,000 sums": 5,
    "groupby.sum, 10,000 groups": 5,
    "iterate": 10,
    "itertuples": 10,
    "map": 10,
    "T, 2,000 x 100": 15,
    "pivot": 2,
    "filter": 2,
    "sort": 2,
    "concat": 2,
    "mask": 2,
    "compare": 2,
    "rolling mean": 2,
}
#: Seconds that the builtin sum of 8,000 cells, and a loop over them, may take.
LINEAR = 0.15


def small_operations(groups: Any, rows: Any, whole: Any, wide: Any) -> dict[str, Callable[[], Any]]:
    """What is timed on small groups and single cells."""
    keys = np.repeat(np.arange(10_000), len(groups) // 10_000)
    grouped = pd.Series(groups).groupby(keys)
    frame = pd.DataFrame({"key": rows[0], "value": whole})
    column, half = frame["value"], np.arange(len(frame)) % 2 == 0
    tenths = [
        column.iloc[start : start + len(frame) // 10] for start in range(0, len(frame), len(frame) // 10)
    ]
    tall = pd.DataFrame(
        {"row": np.repeat(np.arange(2000), 100), "column": np.tile(np.arange(100), 2000), "value": wide}
    )
    square = tall.pivot(index="row", columns="column", values="value")  # noqa: PD010 - nothing is added up
    return {
        "groupby.apply, 10,000 sums": lambda: grouped.apply(lambda group: group.sum()),
        "groupby.sum, 10,000 groups": grouped.sum,
        "iterate": lambda: [None for _ in column],
        "itertuples": lambda: [None for _ in frame.itertuples()],
        "map": lambda: column[:50_000].map(lambda cell: cell * 2),
        "T, 2,000 x 100": lambda: square.T,
        "pivot": lambda: tall.pivot(index="row", columns="column", values="value"),  # noqa: PD010
        "filter": lambda: column[half],
        "sort": column.sort_values,
        "concat": lambda: pd.concat(tenths, ignore_index=True),
        "mask": lambda: column.mask(half),
        "compare": lambda: column > 10,
        "rolling mean": lambda: column.rolling(3).mean(),
    }


def measure_small(rounds: int) -> tuple[dict[str, list[tuple[float, float]]], dict[str, float]]:
    """Pairs of CPU times, ours and Int64's; and seconds of sums of 8,000 single cells."""
    space, members, months = table(200_000)
    registry = Registry.of(space)
    values = np.random.default_rng(1).integers(3, 1000, 200_000)
    parts = space.encode(0, months, [codes + 3 for codes in members])
    ours = DiscretionisedArray(values.copy(), np.zeros(len(values), dtype=np.uint8), parts, registry)
    theirs = pd.arrays.IntegerArray(values.copy(), np.zeros(len(values), dtype=bool))
    candidates = [
        small_operations(column[:100_000], [members[0]], column, column) for column in (ours, theirs)
    ]
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in SMALL_GOALS}
    for _ in range(rounds):
        for name in SMALL_GOALS:
            pair = [cpu(candidate[name]) for candidate in candidates]
            times[name].append((pair[0], pair[1]))
    few = pd.Series(ours[:8000])

    def loop() -> None:
        total = 0
        for cell in few:
            total += cell

    return times, {"builtin sum": cpu(lambda: sum(few)), "loop with +=": cpu(loop)}


def cpu(function: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def numbers(result: Any) -> np.ndarray:
    """A result as plain float64."""
    array = getattr(result, "array", result)
    return np.asarray(array.plain() if hasattr(array, "plain") else array, dtype=np.float64)


def measure(cells: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Pairs of CPU times, ours and Float64's, of every operation and round."""
    keys, *candidates = columns(cells)
    theirs, ours = (operations(keys, candidate) for candidate in candidates)
    for name in GOALS:
        assert np.allclose(numbers(ours[name]()), numbers(theirs[name]()), equal_nan=True), name
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in GOALS}
    for _ in range(rounds):
        for name in random.sample(list(GOALS), len(GOALS)):
            # One after the other for a while: how much fresh memory the system hands out depends on what ran before.
            for _ in range(5):
                pair = {who: cpu((ours, theirs)[who][name]) for who in random.sample([0, 1], 2)}
                times[name].append((pair[0], pair[1]))
    return times


def main() -> int:
    """Measure, print the table, and judge it if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    goals: dict[str, Any] = SMALL_GOALS if options.small else GOALS
    times, loops = (
        measure_small(options.rounds) if options.small else (measure(options.cells, options.rounds), {})
    )
    what = "Int64" if options.small else "Float64"
    print(
        f"{options.cells:,} cells, {options.rounds} rounds, pandas {pd.__version__}, numpy {np.__version__}"
    )
    for name, seconds in loops.items():
        print(f"{name}, 8,000 cells: {seconds:.3f} s (goal {LINEAR})")
    print(f"{'':30}{f'{what} ms':>11}{'ours ms':>9}{'ratio':>7}{'quartiles':>14}{'goal':>6}")
    failed = any(seconds > 2 * LINEAR for seconds in loops.values())
    for name, pairs in times.items():
        ratios = np.array([ours / max(theirs, 1e-9) for ours, theirs in pairs])
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        ours, theirs = np.median(np.array(pairs), axis=0) * 1000
        goal = goals[name]
        failed |= goal is not None and middle > 2 * goal
        print(f"{name:30}{theirs:11.1f}{ours:9.1f}{middle:7.2f}{f'{low:.2f}–{high:.2f}':>14}{goal or '':>6}")
    return int(options.gate and failed)


if __name__ == "__main__":
    sys.exit(main())
