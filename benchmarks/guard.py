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
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import DiscretionisedArray, PartDimension, PartMeasure, PartSpace, Registry
from jobindsats_pandas.kinds import Kind

GOALS = {
    "construction": 3,
    "filter": 2,
    "sort": 2,
    "groupby mean": 2,
    "concat": 2,
    "groupby sum": 5,
    "groupby sum, one key": 5,
    "sum": None,
    "groupby sum, no two in order": None,
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


def frames(cells: int) -> tuple[dict[str, Any], Callable[[], Any], Callable[[], Any]]:
    """The keys, and how each of the two columns is built."""
    space, members, months = table(cells)
    registry = Registry.of(space)
    random_numbers = np.random.default_rng(1)
    values = random_numbers.integers(3, 1000, cells).astype(np.float64)
    status = np.zeros(cells, dtype=np.uint8)
    parts = space.encode(0, months, [codes + 3 for codes in members])
    mask = np.zeros(cells, dtype=bool)
    keys = {
        "area": pd.Categorical.from_codes(members[0], [f"M{m}" for m in range(98)]),
        "fund": pd.Categorical.from_codes(members[1], [f"M{m}" for m in range(22)]),
        "month": pd.PeriodIndex.from_ordinals(months + 360, freq="M"),
    }
    return (
        keys,
        lambda: pd.arrays.FloatingArray(values, mask),
        lambda: DiscretionisedArray(values, status, parts, registry),
    )


def operations(keys: dict[str, Any], build: Callable[[], Any]) -> dict[str, Callable[[], Any]]:
    """What is timed, on one of the columns; a fresh array each time, so that nothing is remembered."""

    def frame() -> pd.DataFrame:
        return pd.DataFrame({**keys, "value": build()}, copy=False)

    base = frame()
    cells = len(base)
    half = np.random.default_rng(2).random(cells) < 0.5
    shuffled = np.random.default_rng(3).permutation(cells)
    tenths = [base.value.iloc[start : start + cells // 10] for start in range(0, cells, cells // 10)]
    return {
        "construction": lambda: pd.Series(build(), copy=False),
        "filter": lambda: frame().value[half],
        "sort": lambda: frame().value.sort_values(),
        "groupby mean": lambda: frame().groupby(["area", "month"], observed=True).value.mean(),
        "groupby sum": lambda: frame().groupby(["area", "month"], observed=True).value.sum(),
        "groupby sum, one key": lambda: frame().groupby("fund", observed=True).value.sum(),
        "sum": lambda: frame().value.sum(),
        "concat": lambda: pd.concat(tenths, ignore_index=True),
        "groupby sum, no two in order": lambda: (
            base.iloc[shuffled].groupby("fund", observed=True).value.sum()
        ),
    }


def cpu(function: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def measure(cells: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Pairs of CPU times, ours and Float64's, of every operation and round."""
    keys, plain, guarded = frames(cells)
    candidates = {"plain": operations(keys, plain), "guarded": operations(keys, guarded)}
    for name in GOALS:
        theirs, ours = candidates["plain"][name](), candidates["guarded"][name]()
        numbers = (
            [one.array.plain() if hasattr(one.array, "plain") else one.array for one in (ours,)]
            if hasattr(ours, "array")
            else [ours]
        )
        expected = theirs.array if hasattr(theirs, "array") else theirs
        assert np.allclose(np.asarray(numbers[0], float), np.asarray(expected, float)), name
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in GOALS}
    for _ in range(rounds):
        for name in random.sample(list(GOALS), len(GOALS)):
            pair = {}
            for who in random.sample(["plain", "guarded"], 2):
                pair[who] = cpu(candidates[who][name])
            times[name].append((pair["guarded"], pair["plain"]))
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
