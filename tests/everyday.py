"""Everyday operations, which involve no wrong sum: they must work, with the values of a plain frame.

``python tests/everyday.py FILE …`` prints what fails, each line run on a frame with hidden cells and on one without.
"""

from __future__ import annotations

import array
import bisect
import copy
import decimal
import fractions
import functools
import importlib
import io
import itertools
import json
import math
import pickle
import sqlite3
import statistics
import struct
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from adding import Ran, close, is_refusal, numbers, read_recipes, run

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

MONTHS, FUNDS = 12, 5
HIDDEN_ROWS = (4, 17, 18, 40)
OUTCOMES = ("refused", "breaks", "differs", "warns")


@functools.cache
def frame_of(*, hidden: bool, guarded: bool, floats: bool = False) -> pd.DataFrame:
    """Periode, kasse, antal (with hidden cells or without), andet (all visible), andel (a rate): sixty rows."""
    rows = MONTHS * FUNDS
    random = np.random.default_rng(11)
    antal, andet = random.integers(3, 60, rows), random.integers(60, 400, rows)
    andel = np.round(random.uniform(1, 30, rows), 1)
    fund, month = np.divmod(np.arange(rows), MONTHS)
    names = [f"Kasse {letter}" for letter in "ABCDE"]
    status = np.zeros(rows, dtype=np.uint8)
    if hidden:
        status[list(HIDDEN_ROWS)] = 1
    if guarded:
        dimension = AddressDimension.build(
            "_kasse", "kasse", [("_h", "1", "kasse", [(f"/{n}/", name) for n, name in enumerate(names)])]
        )
        space = AddressSpace(
            "t",
            "T",
            (
                AddressMeasure("a", "Antal sanktioner", Kind.FLOW),
                AddressMeasure("b", "Antal samtaler", Kind.FLOW),
                AddressMeasure("c", "Andel ledige", Kind.NONE),
            ),
            tuple(("M", f"2025M{number:02d}") for number in range(1, 13)),
            (dimension,),
        )
        registry = Registry.of(space)

        def column(measure: int, values: Any, status: Any) -> Any:
            return DiscretionisedArray(
                values.copy(), status, space.encode(measure, month, [fund + 1]), registry
            )

        none = np.zeros(rows, dtype=np.uint8)
        columns = [column(0, antal, status), column(1, andet, none), column(2, andel, none)]
    else:
        columns = [
            pd.arrays.IntegerArray(antal.copy(), status == 1),
            pd.array(andet, dtype="Int64"),
            pd.array(andel, dtype="Float64"),
        ]
        if floats:
            columns = [one.to_numpy(np.float64, na_value=np.nan) for one in columns]
    return pd.DataFrame(
        {
            "Periode": pd.period_range("2025-01", periods=MONTHS, freq="M").take(month),
            "kasse": pd.Categorical.from_codes(fund, names),
            **dict(zip(("antal", "andet", "andel"), columns, strict=True)),
        }
    )


def there_and_back(write: str, read: Any) -> Any:
    def through(frame: pd.DataFrame) -> Any:
        file = io.BytesIO()
        getattr(frame, write)(file)
        file.seek(0)
        return read(file)

    return through


def rt_pickle(frame: Any) -> Any:
    return pickle.loads(pickle.dumps(frame))


def rt_sql(frame: Any) -> Any:
    connection = sqlite3.connect(":memory:")
    try:
        frame.assign(Periode=frame.Periode.astype(str)).to_sql("t", connection)
        return pd.read_sql("select * from t", connection)
    finally:
        connection.close()


def rt_stata2(frame: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.dta"
        frame[["antal", "andet", "andel"]].to_stata(path)
        return pd.read_stata(path)


def hashed(frame: Any) -> Any:
    return len(pd.util.hash_pandas_object(frame))


def great(frame: Any) -> Any:
    import great_tables

    return len(great_tables.GT(frame.astype({"Periode": str})).as_raw_html()) > 0


def pandera_ok(frame: Any) -> Any:
    import pandera.pandas as pa

    schema = pa.DataFrameSchema({"antal": pa.Column(checks=pa.Check.ge(0), nullable=True, coerce=False)})
    return len(schema.validate(frame))


def yaml_dump(frame: Any) -> Any:
    import yaml

    return yaml.safe_dump([float(one) for one in frame.andet.tolist()])


def tools() -> dict[str, Any]:
    """Libraries by their usual short names, where they are installed, and the functions above."""
    found: dict[str, Any] = {
        "np": np, "pd": pd, "json": json, "math": math, "copy": copy, "statistics": statistics, "io": io,
        "bisect": bisect, "decimal": decimal, "fractions": fractions, "itertools": itertools,
        "struct": struct, "array": array, "rt_pickle": rt_pickle, "rt_sql": rt_sql, "rt_stata2": rt_stata2,
        "rt_excel": there_and_back("to_excel", pd.read_excel),
        "rt_feather": there_and_back("to_feather", pd.read_feather),
        "hashed": hashed, "great": great, "pandera_ok": pandera_ok, "yaml_dump": yaml_dump,
    }  # fmt: skip
    for name, module in {
        "pa": "pyarrow", "pl": "polars", "nw": "narwhals", "dd": "dask.dataframe", "sns": "seaborn",
        "smf": "statsmodels.formula.api", "sm": "statsmodels.api", "stats": "scipy.stats",
        "px": "plotly.express", "alt": "altair", "plt": "matplotlib.pyplot", "duckdb": "duckdb",
    }.items():  # fmt: skip
        try:
            found[name] = importlib.import_module(module)
        except ImportError:
            continue
    for name, module in {
        "LinearRegression": "sklearn.linear_model",
        "StandardScaler": "sklearn.preprocessing",
        "RandomForestRegressor": "sklearn.ensemble",
    }.items():
        try:
            found[name] = getattr(importlib.import_module(module), name)
        except ImportError:
            continue
    return found


def surroundings(frame: pd.DataFrame, *, hidden: bool) -> dict[str, Any]:
    pop = pd.DataFrame({"kasse": frame.kasse.cat.categories, "pop": range(100, 100 + FUNDS)})
    return {"df": frame.copy(), "pop": pop, "hid": HIDDEN_ROWS[0] if hidden else None}


def judge(ran: Ran, naive: Ran, floats: Callable[[], Ran], *, hidden: bool) -> str:
    """Right, or one of `OUTCOMES`; ``fails`` where plain ``Int64`` does too, or a tool is not installed."""
    if naive.error is not None:
        return "fails"
    if ran.error is not None:
        return "refused" if is_refusal(ran.error) else "breaks"
    mine = _comparable(ran.value)
    if not same(mine, _comparable(naive.value)):
        # Where NaN and NA differ (np.isnan), the values of either will do.
        other = floats()
        if other.error is not None or not same(mine, _comparable(other.value)):
            return "differs"
    if ran.warned and not hidden:
        return "warns"
    return "right"


def same(mine: list[float], theirs: list[float]) -> bool:
    return len(mine) == len(theirs) and all(map(close, mine, theirs))


def _comparable(value: Any) -> list[float]:
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index | np.ndarray):
        flags = value.dtype == bool or str(value.dtype) == "boolean" if hasattr(value, "dtype") else False
        if flags:
            return [
                math.nan if one is pd.NA else float(one) for one in np.asarray(value, dtype=object).ravel()
            ]
    if isinstance(value, tuple | list) and any(hasattr(one, "dtype") for one in value):
        return [number for one in value for number in _comparable(one)]
    return numbers(value)


def outcome(recipe: str, names: dict[str, Any], *, hidden: bool) -> tuple[str, Ran]:
    """What became of one operation."""

    def on(*, guarded: bool, floats: bool = False) -> Ran:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frames = surroundings(frame_of(hidden=hidden, guarded=guarded, floats=floats), hidden=hidden)
        np.random.seed(1)  # noqa: NPY002 - some libraries draw from the global generator
        return run(recipe, names | frames)

    ran = on(guarded=True)
    told = judge(ran, on(guarded=False), lambda: on(guarded=False, floats=True), hidden=hidden)
    if "plt" in names:
        names["plt"].close("all")
    return told, ran


def main(paths: list[str]) -> None:
    """Print what fails."""
    names = tools()
    for path in map(Path, paths):
        counts: Counter[str] = Counter()
        for family, recipes in read_recipes(path).items():
            for recipe in recipes:
                for hidden in (False, True):
                    found, ran = outcome(recipe, names, hidden=hidden)
                    counts[found] += 1
                    if found in OUTCOMES:
                        told = ran.error or "; ".join(str(one.message) for one in ran.warned)
                        print(
                            f"{found:8} | {family[:8]:8} | {'hidden' if hidden else 'visible'} | {recipe}"
                            f"\n            {type(ran.error).__name__ if ran.error else ''} {str(told)[:140]!r}"
                        )
        print(dict(counts))


if __name__ == "__main__":
    main(sys.argv[1:])
