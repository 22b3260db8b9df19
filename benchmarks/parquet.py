"""What writing and reading Parquet costs beside plain pandas on the plain columns, on a million cells.

    python benchmarks/parquet.py [--cells 1000000] [--rounds 9] [--gate]

Both frames hold the same labels and numbers; ours holds the statuses and the part of each cell besides. The frames that
come back are compared before anything is timed. The candidates take turns in random order; each ratio is one of CPU
times within one round, and the table gives its median and quartiles. `--gate` exits with 1 if a median is above twice
the goal, so that noise never blocks and a real regression does.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import layouts, parquet
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.periods import period_values

if TYPE_CHECKING:
    from collections.abc import Callable

GOALS = {"write": 2.0, "read": 2.0, "size": 1.3}


def frame_of(cells: int, measures: int) -> pd.DataFrame:
    """Areas by funds by months, as the reader sorts them, with skewed counts of which the small are hidden."""
    random_numbers = np.random.default_rng(1)
    areas, funds = 99, 22
    months = max(1, cells // measures // areas // funds)
    dimensions = [
        AddressDimension.build(
            f"_d{name}",
            name,
            [
                (f"_h{name}", "0", "i alt", [("/", f"{name} i alt")]),
                (f"_h{name}", "1", name, [(f"/{i}/", f"{name} nummer {i}") for i in range(1, size)]),
            ],
        )
        for name, size in (("Område", areas), ("A-kasse", funds))
    ]
    ids = [f"{2000 + month // 12}M{month % 12 + 1:02d}" for month in range(months)]
    space = AddressSpace(
        "t",
        "T",
        tuple(AddressMeasure(f"m{i}", f"Antal forløb {i}", Kind.STOCK) for i in range(measures)),
        tuple(("M", period) for period in ids),
        tuple(dimensions),
    )
    area, fund, month = np.indices((areas, funds, months)).reshape(3, -1)
    columns: dict[str, Any] = {"Periode": period_values(ids, month).array}
    for dimension, codes in zip(dimensions, (area, fund), strict=True):
        columns[dimension.name] = pd.Categorical.from_codes(codes, [m.name for m in dimension.members])
    for place, measure in enumerate(space.measures):
        typical = np.exp(random_numbers.normal(4, 1.5, (areas, funds, 1)))
        values = random_numbers.poisson(typical * np.ones((1, 1, months))).ravel().astype(np.int64)
        parts = space.encode(place, month, [area, fund])
        columns[measure.name] = DiscretionisedArray(
            values, (values < 3).astype(np.uint8), parts, Registry.of(space)
        )
    return pd.DataFrame(columns)


def compare(frame: pd.DataFrame, directory: Path, rounds: int) -> dict[str, np.ndarray]:
    """Ratios of CPU times, ours to plain, and of sizes."""
    plain = layouts.plain(frame).loc[:, lambda made: ~made.columns.str.endswith("_status")]
    ours, theirs = directory / "ours.parquet", directory / "plain.parquet"
    tasks: dict[str, dict[str, Callable[[], object]]] = {
        "write": {
            "ours": lambda: parquet.to_parquet(frame, ours),
            "plain": lambda: plain.to_parquet(theirs, compression="zstd"),
        },
        "read": {"ours": lambda: parquet.read_parquet(ours), "plain": lambda: pd.read_parquet(theirs)},
    }
    for candidates in tasks.values():
        for run in candidates.values():
            run()
    pd.testing.assert_frame_equal(parquet.read_parquet(ours), frame)
    ratios = {"size": np.array([ours.stat().st_size / theirs.stat().st_size])}
    for task, candidates in tasks.items():
        found = []
        for _ in range(rounds):
            times = {}
            for name in random.sample(list(candidates), k=2):
                start = time.process_time()
                candidates[name]()
                times[name] = time.process_time() - start
            found.append(times["ours"] / times["plain"])
        ratios[task] = np.array(found)
    return ratios


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--gate", action="store_true", help="exit with 1 if a median is above twice its goal")
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as directory:
        for measures in (1, 4):
            frame = frame_of(options.cells, measures)
            print(f"{len(frame):,} rows, {measures} measure{'s' * (measures > 1)}")
            for name, ratios in compare(frame, Path(directory), options.rounds).items():
                low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75])
                limit = GOALS[name] * (1 if name == "size" else 2)
                failed |= options.gate and median > limit
                print(f"  {name:<6} {median:5.2f} times plain ({low:.2f} to {high:.2f}; goal {GOALS[name]})")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
