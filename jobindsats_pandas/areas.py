"""What other sources are joined by: codes and regions beside names of areas, and periods as timestamps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.area_codes import (
    REGION_HIERARCHIES,
    REGION_OF,
    REGIONS,
    municipality_code,
    region_code,
)
from jobindsats_pandas.errors import ProvenanceError, QueryError, QueryWarning
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.guarded import spaces_of
from jobindsats_pandas.matching import fold
from jobindsats_pandas.notices import notify
from jobindsats_pandas.periods import days, holds_periods, period_text, statbank_period
from jobindsats_pandas.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jobindsats_pandas.disclosure import AddressDimension

__all__ = ["timestamps", "with_codes", "with_regions"]

_AREA_HIERARCHIES = REGION_HIERARCHIES | {"_nykom", "_hele_landet"}


def with_codes(
    df: pd.DataFrame, columns: str | Sequence[str] | None = None, style: str | type[int] = "dst"
) -> pd.DataFrame:
    """Put a column of codes beside each column of areas, as `FrameAccessor.with_codes`."""
    if style is not int:
        arguments.choice("style", style, ("dst", "statbank"), " Or int, for whole numbers.")
    result = arguments.frame("df", df).copy(deep=False)
    lost = []
    periods = [
        name
        for name in df
        if style == "statbank" and isinstance(df[name], pd.Series) and holds_periods(df[name])
    ]
    if columns is not None:
        periods = [name for name in Framed(df).columns("columns", columns) if name in periods]
    for column in periods:
        _insert(result, column, f"{column}kode", _texts(df[column], statbank_period))
    for column in _area_columns(df, columns, beside=periods):
        name, bare = f"{column}kode", _hierarchy(df, column) in REGION_HIERARCHIES
        codes = _codes(df[column], style, bare=bare)
        _insert(result, column, name, codes)
        if names := _parts_without(df, column, codes):
            lost.append((column, name, names))
    _tell_lost(lost, "code", "a join on", "merge with how='left'")
    return result


def with_regions(df: pd.DataFrame, columns: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Put the region beside each column of municipalities, as `FrameAccessor.with_regions`."""
    result = arguments.frame("df", df).copy(deep=False)
    areas, lost = _area_columns(df, columns), []
    for column in areas:
        name = "Region" if len(areas) == 1 else f"{column}: region"
        bare = _hierarchy(df, column) in REGION_HIERARCHIES

        def region(name: str, *, bare: bool = bare) -> str | None:
            code = REGION_OF.get(municipality_code(name) or "") or region_code(name, bare=bare)
            return REGIONS[code] if code else None

        found = _texts(df[column], region)
        present = [
            REGIONS[code] for code in dict.fromkeys(REGION_OF.values()) if (found == REGIONS[code]).any()
        ]
        _insert(result, column, name, found.astype(pd.CategoricalDtype(pd.Index(present, dtype="str"))))
        if names := _parts_without(df, column, found):
            lost.append((column, name, names))
    _tell_lost(lost, "region", "groupby on", "say groupby(…, dropna=False)")
    return result


def _tell_lost(lost: Sequence[tuple[Any, str, list[str]]], what: str, loses: str, keeps: str) -> None:
    """Warn of the members that have none of what a column was added for, by columns of areas with the one added."""
    if not lost:
        return
    told = "; ".join(f"{_listed(names)} in {column!r}" for column, _, names in lost)
    keys = " or ".join(repr(name) for _, name, _ in lost)
    one = sum(len(names) for _, _, names in lost) == 1
    notify(
        f"No {what} for {told}: {'this member is a part of its level' if one else 'these members are parts of their levels'}"
        f" like any other, and {loses} {keys} loses {'it' if one else 'them'} and what is counted there. To keep"
        f" {'its' if one else 'their'} rows, {keeps}; sums over the others alone miss the published total.",
        QueryWarning,
        once=True,
    )


def _insert(result: pd.DataFrame, column: Any, name: str, values: pd.Series) -> None:
    """Put a column right of another; one of that name and content may be there."""
    if name not in result:
        result.insert(int(result.columns.get_loc(column)) + 1, name, values)  # type: ignore[arg-type]
    elif not result[name].astype("str").equals(values.astype("str")):
        raise QueryError(
            f"The frame has a column {name!r} already, with other content; rename it before this one is added."
        )


def _parts_without(df: pd.DataFrame, column: str, found: pd.Series) -> list[str]:
    """The members that have no code or region, other than totals and levels that have none at all."""
    names = df.loc[found.isna().to_numpy() & df[column].notna().to_numpy(), column]
    natural = {"Hele landet"}
    for dimension in _dimensions_of(df, column):
        natural |= _totals(dimension)
    return [str(name) for name in names.unique() if re.sub(r" \[[^]]*\]$", "", str(name)) not in natural]


def _dimensions_of(df: pd.DataFrame, column: str) -> Iterator[AddressDimension]:
    """The dimension that a column stands for, of each table that the frame's cells know."""
    known = _ids(df).get(column, ("_omrade", ""))[0]
    for space in spaces_of(Framed(df).cells).values():
        for dimension in space.dimensions:
            if dimension.id == known or fold(dimension.name) == fold(str(column)):
                yield dimension


def _totals(dimension: AddressDimension) -> set[str]:
    """The names of the total, and of members above a level that has codes in levels that have none."""
    coded = {
        member.level
        for member in dimension.members
        if municipality_code(member.name)
        or region_code(member.name, bare=dimension.levels[member.level].hierarchy in REGION_HIERARCHIES)
    }
    deepest: dict[str, int] = {}
    for number in coded:
        level = dimension.levels[number]
        deepest[level.hierarchy] = max(level.depth, deepest.get(level.hierarchy, 0))
    found = set()
    for member in dimension.members:
        level = dimension.levels[member.level]
        above = member.level not in coded and level.depth < deepest.get(level.hierarchy, 0)
        if member.path == "/" or above:
            found.add(member.name)
    return found


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:3]))
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} others"


def _ids(df: pd.DataFrame) -> Mapping[str, tuple[str, str]]:
    """The ids of dimension and hierarchy that the frame's attrs tell of columns."""
    known = Provenance.from_attrs(df.attrs.get("jobindsats"))
    return known.dimensions if known else {}


def _hierarchy(df: pd.DataFrame, column: str) -> str:
    return _ids(df).get(column, ("", ""))[1]


def _area_columns(
    df: pd.DataFrame, columns: str | Sequence[str] | None, beside: Sequence[Any] = ()
) -> list[str]:
    if columns is not None:
        return [name for name in Framed(df).columns("columns", columns) if name not in beside]
    known = _ids(df)
    found = [
        column
        for column in df.columns
        if known.get(column, ("", ""))[0] == "_omrade"
        or _hierarchy(df, column) in _AREA_HIERARCHIES
        or fold(str(column)) in {"omraade", "area"}
    ]
    if not found:
        raise ProvenanceError(
            f"No column of areas among {', '.join(map(repr, df.columns))}. If one holds names of municipalities, name"
            " it: columns='…'; if it is in the index, df.reset_index() first."
        )
    return found


def _codes(names: pd.Series, style: str | type[int], *, bare: bool) -> pd.Series:
    def code(name: str) -> str | None:
        found = municipality_code(name) or region_code(name, bare=bare)
        return found[1:] if found and style == "statbank" else found

    codes = _texts(names, code)
    return codes.astype("Int64") if style is int else codes


def _texts(values: pd.Series, text_of: Callable[[Any], str | None]) -> pd.Series:
    """What a text is for each distinct value, row by row."""
    places, distinct = pd.factorize(values)
    of_periods = isinstance(values.dtype, pd.PeriodDtype)
    known = [text_of(period_text(one) if of_periods else str(one)) for one in distinct]
    lookup = pd.array([*known, None], dtype="str")
    return pd.Series(lookup.take(places), index=values.index)


# --- time ------------------------------------------------------------------------------------------------------------


def timestamps(df: pd.DataFrame, how: Literal["start", "end"] = "start") -> pd.DataFrame:
    """Turn columns of periods into timestamps, as `FrameAccessor.timestamps`."""
    arguments.choice("how", how, ("start", "end"))
    known = Provenance.from_attrs(arguments.frame("df", df).attrs.get("jobindsats"))
    named = known.period_column if known else "Periode"
    result = df.copy(deep=False)
    stamps = {
        place: made
        for place, column in enumerate(df.columns)
        if (made := _stamps(df.iloc[:, place], how, named=column == named)) is not None
    }
    for place, made in stamps.items():
        result.isetitem(place, made)
    if not stamps:
        raise ProvenanceError(
            f"No column of periods among {', '.join(map(repr, df.columns))}; if it is in the index, df.reset_index() first."
        )
    return result


def _stamps(values: pd.Series, how: Literal["start", "end"], *, named: bool) -> Any:
    """Return the timestamps of a column, None if it does not hold periods."""
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
        return None if not named else values.array
    labels = isinstance(values.dtype, pd.CategoricalDtype | pd.StringDtype)
    return days(values, how) if holds_periods(values) or (named and labels) else None
