"""One vocabulary for areas and time: names and codes of municipalities and regions, and periods as timestamps.

Names and codes are those of Statistics Denmark's classification of regions and municipalities, in force since 2007.
A name is recognised or it is not; nothing is guessed from likeness.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.area_codes import MUNICIPALITIES, REGIONS, municipality_code, region_code
from jobindsats_pandas.errors import ProvenanceError, QueryError, QueryWarning
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.guarded import decode_columns, guarded_columns, spaces_of
from jobindsats_pandas.matching import fold
from jobindsats_pandas.notices import notify
from jobindsats_pandas.periods import days, holds_periods
from jobindsats_pandas.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jobindsats_pandas.disclosure import AddressDimension

__all__ = [
    "MUNICIPALITIES",
    "REGIONS",
    "timestamps",
    "with_codes",
]

#: Area hierarchies in which a region's name may stand without "Region"; elsewhere other areas bear such names.
_REGION_HIERARCHIES = {"_region", "_reko"}
_AREA_HIERARCHIES = _REGION_HIERARCHIES | {"_nykom", "_hele_landet"}


def with_codes(df: pd.DataFrame, columns: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Put a column of codes beside each column of areas, as `FrameAccessor.with_codes`."""
    result = arguments.frame("df", df).copy(deep=False)
    lost = []
    for column in _area_columns(df, columns):
        codes = _codes(df[column], bare_regions=_hierarchy(df, column) in _REGION_HIERARCHIES)
        name = f"{column}kode"
        if name not in result:
            result.insert(int(result.columns.get_loc(column)) + 1, name, codes)  # type: ignore[arg-type]
        elif not result[name].astype(codes.dtype).equals(codes):
            raise QueryError(
                f"The frame has a column {name!r} already, with other content; rename it before the codes are added."
            )
        if names := _parts_without_code(df, column, codes):
            lost.append((column, name, names))
    if lost:
        told = "; ".join(f"{_listed(names)} in {column!r}" for column, _, names in lost)
        keys = " or ".join(repr(name) for _, name, _ in lost)
        one = sum(len(names) for _, _, names in lost) == 1
        notify(
            f"No code for {told}: {'this member is a part of its level' if one else 'these members are parts of their levels'}"
            f" like any other, and a join on {keys} loses {'it' if one else 'them'} and what is counted there. To keep"
            f" {'its' if one else 'their'} rows, merge with how='left'; sums over the others alone miss the published total.",
            QueryWarning,
        )
    return result


def _parts_without_code(df: pd.DataFrame, column: str, codes: pd.Series) -> list[str]:
    """The members that a join on the code loses, other than totals and levels that have no codes at all."""
    names = df.loc[codes.isna().to_numpy() & df[column].notna().to_numpy(), column]
    natural = {"Hele landet"}
    for dimension in _dimensions_of(df, column):
        natural |= _totals(dimension)
    return [str(name) for name in names.unique() if re.sub(r" \[[^]]*\]$", "", str(name)) not in natural]


def _dimensions_of(df: pd.DataFrame, column: str) -> Iterator[AddressDimension]:
    """The dimension that a column stands for, of each table that the frame's cells know."""
    known = _ids(df).get(column, ("_omrade", ""))[0]
    for space in spaces_of(
        one for found in decode_columns(guarded_columns(df).values()) for one in found
    ).values():
        for dimension in space.dimensions:
            if dimension.id == known or fold(dimension.name) == fold(str(column)):
                yield dimension


def _totals(dimension: AddressDimension) -> set[str]:
    """The names of the total, and of members above a level that has codes in levels that have none."""
    coded = {
        member.level
        for member in dimension.members
        if municipality_code(member.name)
        or region_code(member.name, bare=dimension.levels[member.level].hierarchy in _REGION_HIERARCHIES)
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


def _area_columns(df: pd.DataFrame, columns: str | Sequence[str] | None) -> list[str]:
    if columns is not None:
        return Framed(df).columns("columns", columns)
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


def _codes(names: pd.Series, *, bare_regions: bool) -> pd.Series:
    places, distinct = pd.factorize(names)
    known = [(municipality_code(str(name)) or region_code(str(name), bare=bare_regions)) for name in distinct]
    lookup = pd.array([*known, None], dtype="str")
    return pd.Series(lookup.take(places), index=names.index)


# --- time ------------------------------------------------------------------------------------------------------------


def timestamps(df: pd.DataFrame, how: Literal["start", "end"] = "start") -> pd.DataFrame:
    """Turn columns of periods into timestamps, as `FrameAccessor.timestamps`."""
    arguments.choice("how", how, ("start", "end"))
    known = Provenance.from_attrs(arguments.frame("df", df).attrs.get("jobindsats"))
    named = known.period_column if known else "Periode"
    result = df.copy(deep=False)
    found = False
    for place, column in enumerate(df.columns):
        values = df.iloc[:, place]
        stamps = _stamps(values, how, named=column == named)
        if stamps is not None:
            result.isetitem(place, stamps)
            found = True
    if not found:
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
