"""What the guard on sums costs beside pandas' own Float64, on a million cells.

    python benchmarks/guard.py [--cells 1000000] [--rounds 9] [--gate]

Both columns hold the same numbers under the same keys. The candidates take turns in random order; each ratio is one
of CPU times within one round, and the table gives its median and quartiles. `--gate` exits with 1 if a median is
above twice the goal, so that noise never blocks and a real regression does.
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

from jobindsats_pandas.disclosure import DiscretionisedArray, PartDimension, PartMeasure, PartSpace, Registry
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


def table(cells: int) -> tuple[PartSpace, list[np.ndarray], np.ndarray]:
    """A table of areas, funds and benefits by month, its member codes and its month codes; one level of each."""
    sizes = (98, 22, 10)
    months = -(-cells // int(np.prod(sizes)))
    periods = tuple(("M", f"{2000 + month // 12}M{month % 12 + 1:02d}") for month in range(months))
    dimensions = tuple(
        PartDimension.build(
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
    space = PartSpace("t", "T", (PartMeasure("m", "Antal sanktioner", Kind.FLOW),), periods, dimensions)
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
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    times = measure(options.cells, options.rounds)
    print(
        f"{options.cells:,} cells, {options.rounds} rounds, pandas {pd.__version__}, numpy {np.__version__}"
    )
    print(f"{'':30}{'Float64 ms':>11}{'ours ms':>9}{'ratio':>7}{'quartiles':>14}{'goal':>6}")
    failed = False
    for name, pairs in times.items():
        ratios = np.array([ours / max(theirs, 1e-9) for ours, theirs in pairs])
        low, middle, high = np.percentile(ratios, [25, 50, 75])
        ours, theirs = np.median(np.array(pairs), axis=0) * 1000
        goal = GOALS[name]
        failed |= goal is not None and middle > 2 * goal
        print(f"{name:30}{theirs:11.1f}{ours:9.1f}{middle:7.2f}{f'{low:.2f}–{high:.2f}':>14}{goal or '':>6}")
    return int(options.gate and failed)


if __name__ == "__main__":
    sys.exit(main())
