"""Ways of adding numbers up, run on six kinds of column and judged without any help of the guard.

The numbers of the columns are chosen so that every sum tells which cells went into it, and how often. So a result is
judged by a rule of a few lines (`forbidden`), by the same recipe on plain numbers, and by the same recipe on numbers
of which none is hidden. ``python tests/adding.py FILE …`` prints the figures of files of recipes.
"""

from __future__ import annotations

import bisect
import collections
import contextlib
import copy
import datetime as dt
import functools
import io
import itertools
import json
import math
import operator
import re
import statistics
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
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
from jobindsats_pandas.errors import InvalidSumError, JobindsatsWarning
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 12
SCENARIOS = ("hidden", "persons", "stock", "rate", "levels", "valid")
# Each number is more than twice all smaller ones together: a sum tells its cells, and whether one stands in it twice.
_LADDER = [4**power + 1 for power in range(1, 2 * ROWS + 1)]
_ORDER = [3, 7, 0, 9, 5, 11, 1, 6, 10, 2, 8, 4]
VALUES = np.array([_LADDER[place] for place in _ORDER], dtype=np.int64)
OTHERS = np.array([_LADDER[ROWS + place] for place in _ORDER], dtype=np.int64)
HIDDEN = {1: 2, 8: 1}  # row -> the number that nobody sees
HIDDEN_OTHERS = {5: 2}
PERIODS = ("2026M01", "2026M02")


@dataclass(frozen=True)
class Layout:
    """In which order the twelve cells stand: members by periods, or periods by members."""

    name: str
    member: tuple[int, ...]
    period: tuple[int, ...]


BY_MEMBER = Layout("by member", tuple(r // 2 for r in range(ROWS)), tuple(r % 2 for r in range(ROWS)))
BY_PERIOD = Layout("by period", tuple(r % 6 for r in range(ROWS)), tuple(r // 6 for r in range(ROWS)))


def space_of(scenario: str) -> AddressSpace:
    """The table of a scenario: one dimension of six members, two months, two measures, or one for each cell."""
    kind, name = {
        "persons": (Kind.PERSONS, "Antal personer"),
        "stock": (Kind.STOCK, "Antal forløb"),
        "rate": (Kind.NONE, "Andel personer"),
    }.get(scenario, (Kind.FLOW, "Antal sanktioner"))
    if scenario == "levels":
        # Each member stands one level below the one before: no two of them add.
        paths = ["/" + "/".join("1" * (member + 1)) + "/" for member in range(6)]
        levels = [("_h", str(n), f"niveau {n}", [(path, f"K{n}")]) for n, path in enumerate(paths)]
    else:
        levels = [("_h", "1", "Kommune", [(f"/{member}/", f"K{member}") for member in range(6)])]
    several = range(2 * ROWS if scenario == "measures" else 2)
    return AddressSpace(
        "t",
        "T",
        tuple(
            AddressMeasure(f"m{place}", name + f", andre {place}" * (place > 0), kind) for place in several
        ),
        tuple(("M", period) for period in PERIODS),
        (AddressDimension.build("_d", "Område", levels),),
    )


def guarded(scenario: str, layout: Layout = BY_MEMBER, measure: int = 0) -> DiscretionisedArray:
    """The column of a scenario."""
    space = space_of(scenario)
    status = np.zeros(ROWS, dtype=np.uint8)
    if scenario == "hidden":
        status[list((HIDDEN, HIDDEN_OTHERS)[measure])] = 1
    values = (VALUES, OTHERS)[measure].copy()
    if scenario == "rate":
        values = values.astype(np.float64)
    members = np.array(layout.member) + 1
    measures = np.arange(ROWS) + measure * ROWS if scenario == "measures" else measure
    addresses = space.encode(measures, np.array(layout.period), [members])
    return DiscretionisedArray(values, status, addresses, Registry.of(space))


def plain(scenario: str, measure: int = 0, *, truth: bool = False, dtype: str = "float64") -> Any:
    """The same numbers without any guard; what is hidden is missing, or the truth."""
    values = pd.array((VALUES, OTHERS)[measure].astype(np.float64), dtype="Float64")
    hidden = (HIDDEN, HIDDEN_OTHERS)[measure]
    if scenario == "hidden":
        values[list(hidden)] = list(hidden.values()) if truth else pd.NA
    if dtype == "float64":
        return values.to_numpy(np.float64, na_value=np.nan)
    return values.astype("Float64" if scenario == "rate" else dtype)


def frame_of(layout: Layout, antal: Any) -> pd.DataFrame:
    """Periode, kommune, gruppe, land and the numbers, twelve rows."""
    kommune = pd.Categorical.from_codes(list(layout.member), [f"K{member}" for member in range(6)])
    return pd.DataFrame(
        {
            "Periode": pd.PeriodIndex([PERIODS[p].replace("M", "-") for p in layout.period], freq="M"),
            "kommune": kommune,
            "gruppe": ["stor"] * 6 + ["lille"] * 6,
            "land": "DK",
            "antal": antal,
        }
    )


def surroundings(layout: Layout, antal: Any, andre: Any) -> dict[str, Any]:
    """Everything that the recipes name."""
    frame = frame_of(layout, antal)
    first, second = (
        frame[frame.Periode == period].set_index("kommune").antal
        for period in pd.period_range("2026-01", "2026-02", freq="M")
    )
    grouped = frame.groupby("gruppe")
    return {
        "df": frame,
        "s": frame.antal,
        "two": frame.assign(andre=andre),
        "wide": frame.pivot(index="kommune", columns="Periode", values="antal"),  # noqa: PD010 - it adds nothing up
        "jan": first,
        "feb": second,
        "a": first.reset_index(drop=True),
        "b": second.reset_index(drop=True),
        "mi": frame.set_index(["gruppe", "kommune", "Periode"]).antal,
        "per": frame.set_index("Periode").antal,
        "dated": frame.set_index(pd.date_range("2024-01-31", periods=ROWS, freq="ME"))[["antal", "gruppe"]],
        "g": grouped,
        "gs": grouped.antal,
        "ones": np.ones(ROWS),
    }


MODULES: dict[str, Any] = {
    "np": np, "pd": pd, "io": io, "math": math, "operator": operator, "functools": functools,
    "itertools": itertools, "statistics": statistics, "collections": collections, "json": json,
    "copy": copy, "bisect": bisect, "datetime": dt,
}  # fmt: skip


def numbers(value: Any) -> list[float]:
    """All numbers in a result, whatever holds them."""
    if isinstance(value, pd.DataFrame):
        return [number for place in range(value.shape[1]) for number in numbers(value.iloc[:, place])]
    if isinstance(value, pd.Series | pd.Index):
        return numbers(value.tolist())
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return numbers(list(value))
    if isinstance(value, dict):
        return numbers(list(value.values()))
    if isinstance(value, np.ndarray | list | tuple):
        return [n for one in np.asarray(value, dtype=object).ravel().tolist() for n in numbers(one)]
    if type(value).__module__.partition(".")[0] in {"polars", "narwhals"} and hasattr(value, "to_pandas"):
        return numbers(value.to_pandas())
    if value is pd.NA or value is None:
        return [math.nan]
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return [float(value)]
    return []


@dataclass
class Ran:
    """What became of a recipe."""

    value: Any = None
    found: list[float] = field(default_factory=list)
    error: BaseException | None = None
    warned: list[Any] = field(default_factory=list)


def run(recipe: str, names: dict[str, Any]) -> Ran:
    """Run one recipe: statements, if there are any, before ``;;``, then an expression."""
    before, _, expression = recipe.rpartition(" ;; ")
    ran = Ran()
    scope = dict(names)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if before:
                exec(before, scope)
            ran.value = eval(expression, scope)
            ran.found = numbers(ran.value)
        except Exception as error:  # noqa: BLE001 - any failure is an outcome
            ran.error = error
    ran.warned = [one for one in caught if issubclass(one.category, JobindsatsWarning)]
    return ran


def close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))


def taken_apart(number: float) -> list[int] | None:
    """How often each step of the ladder stands in a number; None if it is no sum of steps."""
    if not math.isfinite(number):
        return None
    rest = round(number)
    if not math.isclose(rest, number, abs_tol=1e-6) or rest <= 0:
        return None
    counts = []
    for step in reversed(_LADDER):
        count, rest = divmod(rest, step)
        counts.append(count)
        if count > 2:
            return None
    return counts[::-1] if rest == 0 else None


def is_forbidden(scenario: str, layout: Layout, number: float) -> bool | None:
    """Whether a number is a sum that the rules forbid; None if it is no sum of cells at all."""
    counts = taken_apart(number)
    if counts is None:
        return None
    cells = [(place // ROWS, _ORDER.index(place % ROWS)) for place, n in enumerate(counts) if n]
    if sum(counts) == 1:
        return False
    rows = {row for _, row in cells}
    return (
        max(counts) > 1
        or len({measure for measure, _ in cells}) > 1
        or scenario in ("persons", "rate", "measures")
        or (scenario == "stock" and len({layout.period[row] for row in rows}) > 1)
        or (scenario == "levels" and len({layout.member[row] for row in rows}) > 1)
    )


def is_refusal(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, InvalidSumError):
            return True
        error = error.__cause__ or error.__context__
    return False


def judge(scenario: str, layout: Layout, ran: Ran, naive: Ran, truth: Ran) -> str:
    """Say what became of a recipe.

    ``right``, ``refused``, ``NaN``, ``silently wrong``, ``wrong, warned``; for what may be added also ``valid
    refused``, and ``differs`` where it is another number; ``breaks`` where only the guarded column fails with another error, ``fails`` where plain numbers do too.
    """
    if naive.error is not None:
        return "fails"
    sums = [is_forbidden(scenario, layout, number) for number in naive.found]
    if ran.error is not None:
        if not is_refusal(ran.error):
            return "breaks"
        known = [bad for bad, number in zip(sums, naive.found, strict=True) if not math.isnan(number)]
        right = scenario == "valid" and bool(known) and not any(bad is not False for bad in known)
        return "valid refused" if right else "refused"
    if scenario == "hidden":
        true = truth.found if truth.error is None else []
        aligned = len(ran.found) == len(naive.found) == len(true)
        wrong = [
            not close(mine, true[place]) if aligned else not any(close(mine, one) for one in true)
            for place, mine in enumerate(ran.found)
            if not math.isnan(mine)
            and (close(mine, naive.found[place]) if aligned else any(close(mine, one) for one in naive.found))
        ]
    else:
        known = {number for number, bad in zip(naive.found, sums, strict=True) if bad}
        wrong = [any(close(mine, one) for one in known) for mine in ran.found]
    if any(wrong):
        return "wrong, warned" if ran.warned else "silently wrong"
    if any(map(math.isnan, ran.found)) and not any(map(math.isnan, naive.found)):
        return "NaN"
    if scenario == "valid" and not (
        len(ran.found) == len(naive.found) and all(map(close, ran.found, naive.found))
    ):
        return "differs"
    return "right"


def outcomes(
    scenario: str, recipes: list[str], layout: Layout, helpers: dict[str, Any], named: Any = surroundings
) -> dict[str, str]:
    """What became of each recipe on one kind of column; `named` gives everything that the recipes name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = named(layout, guarded(scenario, layout), guarded(scenario, layout, 1))
    names = {**MODULES, **helpers}
    hidden = "hidden" if scenario == "hidden" else ""
    found = {}
    with own_temporary_directory():
        for recipe in recipes:
            ran = run(recipe, {**names, **copied(ours, recipe)})
            naive = plainly(recipe, hidden, layout, named, names)
            truth = plainly(recipe, hidden, layout, named, names, truth=True) if hidden else naive
            found[recipe] = judge(scenario, layout, ran, naive, truth)
    return found


@contextlib.contextmanager
def own_temporary_directory() -> Iterator[None]:
    """Recipes write to fixed names in the temporary directory: those of two processes must not meet there."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as directory:
        tempfile.tempdir = directory
        try:
            yield
        finally:
            tempfile.tempdir = before


def plainly(recipe: str, hidden: str, layout: Layout, named: Any, names: Any, *, truth: bool = False) -> Ran:
    """What a recipe gives on plain numbers; they are the same for all kinds of column but the one with hidden cells."""
    key = (recipe, hidden, layout, named, truth)
    if key not in _PLAINLY:
        _PLAINLY[key] = run(recipe, {**names, **copied(_plain_names(hidden, layout, named, truth), recipe)})
    return _PLAINLY[key]


_PLAINLY: dict[Any, Ran] = {}


@functools.cache
def _plain_names(hidden: str, layout: Layout, named: Any, truth: bool) -> dict[str, Any]:
    names: dict[str, Any] = named(layout, *(plain(hidden, measure, truth=truth) for measure in (0, 1)))
    return names


def copied(names: dict[str, Any], recipe: str) -> dict[str, Any]:
    """What a recipe names, so that it changes nothing that the next one sees: frames are copied as soon as somebody writes into them."""
    asked = set(re.findall(r"\w+", recipe))
    kept = {name: value for name, value in names.items() if name in asked}
    for name, value in kept.items():
        if isinstance(value, pd.DataFrame | pd.Series):
            kept[name] = value.copy(deep=False)
        elif isinstance(value, np.ndarray):
            kept[name] = value.copy()
    for name in asked & {"g", "gs"} & names.keys():
        grouped = kept.get("df", names["df"].copy(deep=False)).groupby("gruppe")
        kept[name] = grouped if name == "g" else grouped.antal
    return kept


def read_recipes(path: Path) -> dict[str, list[str]]:
    """The recipes of a file by family: a line that begins with ``#`` opens one."""
    found: dict[str, list[str]] = {}
    family = ""
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            family = line.lstrip("# ")
        elif line.strip():
            found.setdefault(family, []).append(line)
    return found


def loaded(path: Path) -> dict[str, Any]:
    """The names of a file of Python, such as the helpers that recipes call."""
    names: dict[str, Any] = {}
    exec(compile(path.read_text(), path, "exec"), names)
    return names


def main(paths: list[str]) -> None:
    """Print what became of every recipe of some files."""
    for path in map(Path, paths):
        helpers = loaded(path.with_name("helpers.py")) if path.with_name("helpers.py").exists() else {}
        families = read_recipes(path)
        recipes = [recipe for family in families.values() for recipe in family]
        for layout in (BY_MEMBER, BY_PERIOD):
            by_scenario = {s: outcomes(s, recipes, layout, helpers) for s in SCENARIOS}
            print(f"== {path.name}, {layout.name}: {len(recipes)} recipes")
            for scenario, found in by_scenario.items():
                print(f"{scenario:8}", dict(Counter(found.values()).most_common()))
            for outcome in ("silently wrong", "valid refused", "breaks"):
                hit = {r: [s for s in SCENARIOS if by_scenario[s][r] == outcome] for r in recipes}
                hit = {recipe: where for recipe, where in hit.items() if where}
                print(f"-- {outcome}: {len(hit)}")
                for family, members in families.items():
                    for recipe in members:
                        if recipe in hit:
                            print(f"   {family[:2]} | {' '.join(hit[recipe])} | {recipe}")


if __name__ == "__main__":
    main(sys.argv[1:])
