"""Totals and parts: which rows are which, what adds up to what, and the question that brings a published total.

The cells themselves tell what they stand for, so everything here also works after ``pivot``, ``merge``, ``set_index``
or ``concat`` have taken the columns of labels away. Nothing is computed from a total and its parts together: bounds
come from the rule of disclosure control alone, so no hidden cell can be worked out with them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import (
    NOTHING,
    Cells,
    CellStatus,
    Decoded,
    DiscretionisedArray,
    DiscretionisedDtype,
    SumCheck,
    check_sums,
    merge_registries,
    sum_error,
)
from jobindsats_pandas.errors import InvalidSumError, ProvenanceError, QueryError
from jobindsats_pandas.kinds import Kind, is_count, measure_kind
from jobindsats_pandas.matching import did_you_mean, fold
from jobindsats_pandas.periods import parse_period

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import PartDimension, PartMeasure, PartSpace

    Flags = NDArray[np.bool_]
    Names = str | Sequence[str] | None

__all__ = [
    "Citation",
    "Source",
    "cite",
    "describe_cells",
    "level",
    "official_total",
    "parts",
    "question_for_total",
    "read_line",
    "source",
    "sum_bounds",
    "sum_check",
    "to_long",
    "to_wide",
    "totals",
    "without_totals",
]

#: Columns of the long layout.
MEASURE, VALUE, STATUS = "measure", "value", "status"

_STATUS_LABELS = [status.label for status in CellStatus]

_WHY = {
    "measures": "different measures",
    "rate": "rates, averages and unknown measures do not add",
    "persons": "the same persons are counted in several parts",
    "unknown": "cells of unknown origin",
    "levels": "totals and their parts stand together",
    "repeated": "the same cell more than once",
    "periods": "it does not add over periods",
    "not_available": "cells are not published (yet)",
    "hidden": "cells are discretionised",
    "rounded": "cells are hidden by rounding",
    "filled": "hidden cells were filled with a guess",
    "dropped": "hidden cells were dropped",
}


# --- the cells of a frame --------------------------------------------------------------------------------------------


def _guarded(frame: pd.DataFrame) -> list[tuple[int, DiscretionisedArray]]:
    """The discretionised columns: position and array."""
    return [
        (place, frame.iloc[:, place].array)  # type: ignore[misc]
        for place, dtype in enumerate(frame.dtypes)
        if isinstance(dtype, DiscretionisedDtype)
    ]


def _decoded(arrays: Iterable[DiscretionisedArray]) -> Iterator[list[Decoded]]:
    """Each array's cells, taken apart; columns that differ by the measure alone are taken apart once."""
    first: DiscretionisedArray | None = None
    known: list[Decoded] = []
    for array in arrays:
        if first is not None and len(known) == 1 and array.registry is first.registry:
            shift = array.parts - first.parts
            space = known[0].space
            if len(known[0].where) == len(array) and (shift == shift[0]).all():
                steps, rest = divmod(int(shift[0]), space.per_measure)
                if rest == 0:
                    yield [replace(known[0], measure=known[0].measure + steps)]
                    continue
        first, known = array, array.registry.decode(array.parts)
        yield known


def _spaces(frame: pd.DataFrame) -> list[PartSpace]:
    """The tables that the frame's cells belong to."""
    found: dict[str, PartSpace] = {}
    for cells in _decoded(array for _, array in _guarded(frame)):
        found |= {one.space.table: one.space for one in cells}
    if not found:
        raise ProvenanceError(
            "None of the frame's cells knows which table, period and members it belongs to: it is empty, or was"
            f" computed or built by hand. {_bring_back(frame)}"
        )
    return list(found.values())


def _bring_back(frame: pd.DataFrame) -> str:
    """The call that brings back what was lost."""
    attrs = frame.attrs.get("jobindsats")
    if isinstance(attrs, dict) and isinstance(attrs.get("table"), str):
        return f"Read it again: {read_line(_asked(attrs))}"
    return "Read it again with ji.read_jobindsats(table, …), or ji.read_parquet(path) of a file that was written before."


@dataclass(frozen=True)
class _Axis:
    """A dimension of one table: its place, and the hierarchy if one was named."""

    place: int
    hierarchy: str | None


def _axes(frame: pd.DataFrame, spaces: Sequence[PartSpace], name: str) -> dict[str, _Axis]:
    """Find a dimension by column name, id, or the id of one of its hierarchies, in every table that has it."""
    columns = (frame.attrs.get("jobindsats") or {}).get("columns", {}).get("dimensions", {})
    wanted = columns[name][0] if name in columns else name
    found = {}
    for space in spaces:
        for place, dimension in enumerate(space.dimensions):
            if name in {known.hierarchy for known in dimension.levels[1:]}:
                found[space.table] = _Axis(place, name)
                break
            if fold(wanted) in {fold(dimension.id), fold(dimension.name)}:
                found[space.table] = _Axis(place, None)
                break
    if not found:
        dimensions = [dimension for space in spaces for dimension in space.dimensions]
        hierarchies = {d.id: list(dict.fromkeys(k.hierarchy for k in d.levels[1:])) for d in dimensions}
        known = [text for d in dimensions for text in (d.name, d.id, *hierarchies[d.id])]
        listed = "; ".join(f"{d.name!r} ({', '.join([d.id, *hierarchies[d.id]])})" for d in dimensions)
        raise QueryError(
            f"The frame's cells have no dimension {name!r}.{did_you_mean(name, known)} They have: {listed or 'none'}."
        )
    return found


def _names(names: Names) -> list[str]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)


# --- rows ------------------------------------------------------------------------------------------------------------

_Condition = Callable[[Decoded], "Flags | None"]


def _select(frame: pd.DataFrame, condition: _Condition, *, published: bool = False) -> pd.DataFrame:
    """Keep the rows whose cells meet a condition; columns, where a pivot has spread the members over them."""
    guarded = _guarded(frame)
    known = np.zeros((len(frame), len(guarded)), dtype=bool)
    match = np.zeros_like(known)
    for column, ((_, array), decoded) in enumerate(
        zip(guarded, _decoded(a for _, a in guarded), strict=True)
    ):
        for cells in decoded:
            fits = condition(cells)
            if fits is None:
                continue
            where = cells.where
            if published:
                genuine = ~np.isin(array.status[where], [CellStatus.DERIVED, CellStatus.FILLED])
                genuine &= ~np.array([m.derived for m in cells.space.measures])[cells.measure]
                where, fits = where[genuine], fits[genuine]
            known[where, column] = True
            match[where, column] = fits
    against = known & ~match
    rows = match.any(axis=1)
    if not (rows & against.any(axis=1)).any():
        return _rows(frame, rows)
    columns = match.any(axis=0)
    if (columns & against.any(axis=0)).any():
        raise QueryError(
            "Totals and parts of this dimension stand together in the rows and in the columns of the frame. Use this"
            " method before pivot or merge."
        )
    others = {place for (place, _), keep in zip(guarded, columns, strict=True) if not keep}
    return frame.iloc[:, [place for place in range(frame.shape[1]) if place not in others]]


def _rows(frame: pd.DataFrame, rows: Flags) -> pd.DataFrame:
    kept = frame.loc[rows]
    for place, array in _guarded(frame):
        cells = kept.iloc[:, place].array.cells  # type: ignore[union-attr]
        if cells.dropped > array.dropped:
            # All hidden cells went because they are of another level: that is no dropna.
            kept.isetitem(place, DiscretionisedArray(cells.values, cells.status, cells.parts, cells.registry))
    return kept


def level(frame: pd.DataFrame, dimension: str, level: str) -> pd.DataFrame:
    """Keep the rows of one level of a dimension.

    Parameters
    ----------
    frame : DataFrame
    dimension : str
        Column name or id of a dimension, or id of a hierarchy.
    level : str
        Name or id of a level, or ``"total"``.
    """
    if level in {"total", "/"}:
        return totals(frame, dimension)
    spaces = _spaces(frame)
    axes = _axes(frame, spaces, dimension)
    chosen: dict[str, list[int]] = {}
    for space in spaces:
        axis = axes.get(space.table)
        if axis is None:
            continue
        part = space.dimensions[axis.place]
        if fold(level) == fold(part.members[0].name):
            chosen[space.table] = [0]
            continue
        wanted = [number for number in _levels(part, axis) if part.levels[number].id == level] or [
            number for number in _levels(part, axis) if fold(part.levels[number].name) == fold(level)
        ]
        if wanted:
            chosen[space.table] = [_one_level(part, wanted, _present(frame, space, axis), dimension)]
    if not chosen:
        known = [
            (part_level.id, part_level.name)
            for space in spaces
            if (axis := axes.get(space.table)) is not None
            for part_level in (
                space.dimensions[axis.place].levels[n] for n in _levels(space.dimensions[axis.place], axis)
            )
        ]
        listed = ", ".join(f"{level_id!r} ({name})" for level_id, name in dict.fromkeys(known))
        near = did_you_mean(level, [text for pair in known for text in pair])
        raise QueryError(
            f"The dimension {dimension!r} has no level {level!r}.{near} It has: {listed}, and 'total'."
        )
    return _select(frame, _at_level(axes, chosen))


def parts(frame: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Keep the rows of the deepest level of a dimension that the frame has: the parts, without their totals."""
    spaces = _spaces(frame)
    axes = _axes(frame, spaces, dimension)
    return _select(frame, _at_level(axes, _deepest(frame, spaces, axes, dimension, below_total=True)))


def totals(frame: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Keep the rows in which a dimension stands at its official total, whatever the others."""
    axes = _axes(frame, _spaces(frame), dimension)
    return _select(frame, _at_level(axes, {table: [0] for table in axes}))


def without_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the deepest level that the frame has in every dimension."""
    spaces = _spaces(frame)
    for dimension in dict.fromkeys(d.id for space in spaces for d in space.dimensions):
        axes = _axes(frame, spaces, dimension)
        frame = _select(frame, _at_level(axes, _deepest(frame, spaces, axes, dimension, below_total=False)))
    return frame


def _levels(dimension: PartDimension, axis: _Axis) -> list[int]:
    return [
        number
        for number, known in enumerate(dimension.levels)
        if number and axis.hierarchy in {None, known.hierarchy}
    ]


def _present(frame: pd.DataFrame, space: PartSpace, axis: _Axis) -> set[int]:
    """The levels of a dimension that the frame's cells stand at."""
    found: set[int] = set()
    for decoded in _decoded(array for _, array in _guarded(frame)):
        for cells in decoded:
            if cells.space.table == space.table:
                found |= set(
                    np.unique(cells.space.dimensions[axis.place].level_of[cells.members[axis.place]]).tolist()
                )
    return found


def _one_level(dimension: PartDimension, wanted: Sequence[int], present: set[int], name: str) -> int:
    """The deepest of several levels, of those present if any is; of two hierarchies none is deeper."""
    candidates = [number for number in wanted if number in present] or list(wanted)
    hierarchies = list(dict.fromkeys(dimension.levels[number].hierarchy for number in candidates))
    if len(hierarchies) > 1:
        raise QueryError(
            f"The frame holds several hierarchies of {name!r}, each of them the whole:"
            f" {', '.join(map(repr, hierarchies))}. Name one of them by its id instead."
        )
    return max(candidates, key=lambda number: (dimension.levels[number].depth, number))


def _deepest(
    frame: pd.DataFrame, spaces: Sequence[PartSpace], axes: dict[str, _Axis], name: str, *, below_total: bool
) -> dict[str, list[int]]:
    chosen: dict[str, list[int]] = {}
    for space in spaces:
        axis = axes.get(space.table)
        if axis is None:
            continue
        dimension = space.dimensions[axis.place]
        present = _present(frame, space, axis)
        below = [number for number in _levels(dimension, axis) if number in present]
        if below:
            chosen[space.table] = [_one_level(dimension, below, present, name)]
        else:
            chosen[space.table] = [] if below_total else [0]
    return chosen


def _at_level(axes: dict[str, _Axis], chosen: dict[str, list[int]]) -> _Condition:
    def condition(cells: Decoded) -> Flags | None:
        if cells.space.table not in chosen:
            return None
        place = axes[cells.space.table].place
        fits: Flags = np.isin(
            cells.space.dimensions[place].level_of[cells.members[place]], chosen[cells.space.table]
        )
        return fits

    return condition


# --- official totals -------------------------------------------------------------------------------------------------


def official_total(frame: pd.DataFrame, measure: str | None = None, over: Names = None) -> pd.DataFrame:
    """Keep the published rows that are the total over some dimensions, the others as they are.

    Parameters
    ----------
    frame : DataFrame
    measure : str, optional
        Column, name or id of a measure; all by default.
    over : str or sequence of str, optional
        Dimensions, by column name or id, or by the id of a hierarchy; all by default.

    Raises
    ------
    QueryError
        If they are not in the frame; the message has the call that reads them.
    """
    spaces = _spaces(frame)
    axes = [_axes(frame, spaces, name) for name in _names(over)]
    wanted = None if measure is None else _find_measure(frame, measure)

    def condition(cells: Decoded) -> Flags | None:
        if over is None:
            places = list(range(len(cells.space.dimensions)))
        elif any(cells.space.table not in found for found in axes):
            return None
        else:
            places = [found[cells.space.table].place for found in axes]
        fits = np.ones(len(cells.where), dtype=bool)
        for place in places:
            fits &= cells.members[place] == 0
        if wanted is not None:
            fits &= np.array([(cells.space.table, m.id) in wanted for m in cells.space.measures])[
                cells.measure
            ]
        return fits

    narrowed = frame if wanted is None else _columns_of(frame, wanted)
    found = _select(narrowed, condition, published=True)
    if not len(found):
        raise QueryError(_not_there(frame, measure, over))
    return found


def _not_there(frame: pd.DataFrame, measure: str | None, over: Names) -> str:
    what = "all dimensions" if over is None else ", ".join(map(repr, _names(over)))
    arguments = [repr(measure)] if measure is not None else []
    arguments += [f"over={over!r}"] if over is not None else []
    line = read_line(question_for_total(frame, measure, over))
    named = "".join(f", {text}" for text in arguments).replace(f", {measure!r}", f", measure={measure!r}")
    return (
        f"The published total over {what} is not in the frame. It is one call away:\n  {line}\n"
        f"or, shorter:\n  ji.read_official_total(df{named})"
    )


def _columns_of(frame: pd.DataFrame, wanted: set[tuple[str, str]]) -> pd.DataFrame:
    """The frame without the discretionised columns that hold nothing of the measures wanted."""
    others = {
        place
        for place, array in _guarded(frame)
        if not wanted & {(space.table, measure.id) for space, measure in array.registry.measures(array.parts)}
    }
    return frame.iloc[:, [place for place in range(frame.shape[1]) if place not in others]]


def _find_measure(frame: pd.DataFrame, measure: str) -> set[tuple[str, str]]:
    """The (table, measure id) that a column label, a name or an id stands for."""
    held = {
        place: [(space.table, m) for space, m in array.registry.measures(array.parts)]
        for place, array in _guarded(frame)
    }
    by_label = {
        (table, m.id)
        for place, found in held.items()
        if frame.columns[place] == measure
        for table, m in found
    }
    if by_label:
        return by_label
    everything = [pair for found in held.values() for pair in found]
    by_name = {(table, m.id) for table, m in everything if fold(measure) in {fold(m.name), fold(m.id)}}
    if by_name:
        return by_name
    names = list(dict.fromkeys(m.name for _, m in everything))
    raise QueryError(
        f"The frame has no measure {measure!r}.{did_you_mean(measure, names)} It has: {'; '.join(names) or 'none'}."
    )


def question_for_total(frame: pd.DataFrame, measure: str | None = None, over: Names = None) -> dict[str, Any]:
    """Say what to ask `jobindsats_pandas.read_jobindsats` for the published totals that belong to a frame.

    Parameters
    ----------
    frame, measure, over
        As in `official_total`.

    Returns
    -------
    dict
        Keyword arguments: table, by, periods, period_type, measures, layout, additive. Dimensions that are summed
        over are left out of `by`, so the API answers with their totals.
    """
    spaces = _spaces(frame)
    wanted = None if measure is None else _find_measure(frame, measure)
    tables = {space.table for space in spaces} if wanted is None else {table for table, _ in wanted}
    if len(tables) > 1:
        raise QueryError(
            f"The frame holds cells of {len(tables)} tables ({', '.join(sorted(tables))}), and one call asks for one"
            " table. Name a measure, or keep the columns of one table."
        )
    seen = _Seen.of(frame, tables.pop(), wanted)
    if over is None:
        left_out = set(range(len(seen.space.dimensions)))
    else:
        left_out = {_axes(frame, [seen.space], name)[seen.space.table].place for name in _names(over)}
    by = {}
    for place, dimension in enumerate(seen.space.dimensions):
        if place not in left_out and (members := seen.members[place]) != {0}:
            hierarchy, selection = _selection(dimension, members)
            by[hierarchy] = selection
    attrs = frame.attrs.get("jobindsats") or {}
    additive = attrs.get("additive") if attrs.get("table") == seen.space.table else None
    if additive is None:
        additive = {m.name: str(m.kind) for m in seen.measures if m.kind is not measure_kind(m.name)}
    published = [m for m in seen.space.measures if not m.derived]
    names = [m.name for m in published]
    return {
        "table": seen.space.table,
        "by": by or None,
        "periods": _period_text(seen),
        "period_type": seen.period_type,
        "measures": None
        if len(seen.measures) == len(published)
        else [m.name if names.count(m.name) == 1 else m.id for m in seen.measures],
        "layout": "long" if _is_long(frame) else "wide",
        "additive": additive or None,
    }


@dataclass(frozen=True)
class _Seen:
    """What of one table a frame's cells are of."""

    space: PartSpace
    measures: list[PartMeasure]
    period_type: str
    periods: list[int]
    members: list[set[int]]

    @classmethod
    def of(cls, frame: pd.DataFrame, table: str, wanted: set[tuple[str, str]] | None) -> _Seen:
        space: PartSpace | None = None
        measures: dict[str, PartMeasure] = {}
        periods: set[tuple[str, str]] = set()
        members: list[set[int]] = []
        for cells in (one for found in _decoded(a for _, a in _guarded(frame)) for one in found):
            if cells.space.table != table:
                continue
            space = cells.space
            members = members or [set() for _ in space.dimensions]
            here = {
                m.id: m for m in (space.measures[code] for code in np.unique(cells.measure)) if not m.derived
            }
            measures |= {key: m for key, m in here.items() if wanted is None or (table, key) in wanted}
            periods |= {space.periods[code] for code in np.unique(cells.period)}
            for found, codes in zip(members, cells.members, strict=True):
                found |= set(np.unique(codes).tolist())
        assert space is not None  # noqa: S101 - the caller names a table that is there
        types = {kind for kind, _ in periods}
        if len(types) > 1:
            raise QueryError(
                f"The frame holds periods of {len(types)} types ({', '.join(sorted(types))}), and one call asks for one"
                " type. Keep the rows of one type."
            )
        if not measures:
            raise ProvenanceError(
                "The frame's measures were all computed, so no published total belongs to them. Keep a column as it was"
                " read, or name the measure in ji.read_jobindsats."
            )
        order = {m.id: place for place, m in enumerate(space.measures)}
        codes = sorted(space.period_code(*period) for period in periods)
        return cls(space, sorted(measures.values(), key=lambda m: order[m.id]), types.pop(), codes, members)


def _period_text(seen: _Seen) -> str | list[str]:
    names = [seen.space.periods[code][1] for code in seen.periods]
    every = [name for kind, name in seen.space.periods if kind == seen.period_type]
    if len(names) == 1:
        return names[0]
    first = every.index(names[0])
    return f"{names[0]}:{names[-1]}" if every[first : first + len(names)] == names else names


def _selection(dimension: PartDimension, members: set[int]) -> tuple[str, str | list[str]]:
    """Write members of a dimension as ``by`` takes them: whole levels by their id, others by name."""
    hierarchies = {dimension.levels[dimension.members[code].level].hierarchy for code in members if code}
    if len(hierarchies) > 1:
        raise QueryError(
            f"The frame holds several hierarchies of {dimension.name!r} ({', '.join(sorted(hierarchies))}), and one call"
            " asks for one. Keep the rows of one of them, with df.jobindsats.level(dimension, level)."
        )
    hierarchy = hierarchies.pop()
    levels = [n for n, known in enumerate(dimension.levels) if known.hierarchy == hierarchy]
    ids = [dimension.levels[number].id for number in levels]
    chosen: list[str] = ["total"] if 0 in members else []
    whole = 0
    for number in levels:
        here = set(np.flatnonzero(dimension.level_of == number).tolist())
        if here <= members and len(here) > 1 and ids.count(dimension.levels[number].id) == 1:
            chosen.append(f"level:{dimension.levels[number].id}")
        else:
            chosen += [_member_text(dimension, code) for code in sorted(here & members)]
        whole += here <= members
    if whole == len(levels) and 0 in members:
        return hierarchy, "*"
    return hierarchy, chosen[0] if len(chosen) == 1 else chosen


def _member_text(dimension: PartDimension, code: int) -> str:
    member = dimension.members[code]
    # A name that `by` would read as something else is left for the path.
    odd = member.name in {"*", "total"} or member.name.startswith(("level:", "/"))
    return member.path if odd else member.name


def read_line(question: dict[str, Any]) -> str:
    """Write a question as a line to paste.

    Examples
    --------
    >>> read_line({"table": "y25i01", "by": {"_nykom": "*"}, "periods": "2026M05", "measures": None})
    "ji.read_jobindsats('y25i01', by={'_nykom': '*'}, periods='2026M05')"
    """
    shown = {
        name: value
        for name, value in question.items()
        if name != "table" and value not in (None, "wide", False)
    }
    periods = shown.get("periods")
    first = parse_period(periods.partition(":")[0] if isinstance(periods, str) else (periods or [""])[0])
    if first is not None and first.letters == shown.get("period_type"):
        del shown["period_type"]
    arguments = [repr(question["table"]), *(f"{name}={value!r}" for name, value in shown.items())]
    return f"ji.read_jobindsats({', '.join(arguments)})"


# --- sums ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _MeasureCells:
    """The cells of one measure, wherever they stand in the frame."""

    name: str
    measure: PartMeasure | None
    cells: Cells
    rows: NDArray[np.intp]


def _by_measure(frame: pd.DataFrame, measure: str | None = None) -> list[_MeasureCells]:
    """Sort a frame's cells by measure, in the order in which the measures first come."""
    wanted = None if measure is None else _find_measure_or_column(frame, measure)
    pieces: dict[Hashable, list[_MeasureCells]] = {}
    for place, array in _guarded(frame):
        label = frame.columns[place]
        for key, piece in _pieces(array, label):
            if wanted is None or key in wanted or label in wanted:
                pieces.setdefault(key, []).append(piece)
    return [found[0] if len(found) == 1 else _joined(found) for found in pieces.values()]


def _find_measure_or_column(frame: pd.DataFrame, measure: str) -> set[Hashable]:
    if any(frame.columns[place] == measure for place, _ in _guarded(frame)):
        return {measure}
    return set(_find_measure(frame, measure))


def _pieces(array: DiscretionisedArray, label: Hashable) -> Iterator[tuple[Hashable, _MeasureCells]]:
    found = array.registry.measures(array.parts)
    rows = np.arange(len(array))
    if len(found) <= 1:
        # Zeros that pandas made where nothing was belong to the one measure there is.
        key: Hashable = (found[0][0].table, found[0][1].id) if found else ("", str(label))
        name = found[0][1].name if found else str(label)
        yield key, _MeasureCells(name, found[0][1] if found else None, array.cells, rows)
        return
    special = np.flatnonzero((array.parts < 0) & (array.parts != NOTHING))
    if len(special):
        yield ("", str(label)), _MeasureCells(str(label), None, array.cells[special], rows[special])
    for decoded in array.registry.decode(array.parts):
        for code in np.unique(decoded.measure):
            where = decoded.where[decoded.measure == code]
            one = decoded.space.measures[code]
            yield (decoded.space.table, one.id), _MeasureCells(one.name, one, array.cells[where], rows[where])


def _joined(pieces: Sequence[_MeasureCells]) -> _MeasureCells:
    registry, recoders = merge_registries([piece.cells.registry for piece in pieces])
    cells = Cells(
        np.concatenate([piece.cells.values for piece in pieces]),
        np.concatenate([piece.cells.status for piece in pieces]),
        np.concatenate(
            [
                piece.cells.parts if recode is None else recode(piece.cells.parts)
                for piece, recode in zip(pieces, recoders, strict=True)
            ]
        ),
        registry,
        sum(piece.cells.dropped for piece in pieces),
    )
    return _MeasureCells(
        pieces[0].name, pieces[0].measure, cells, np.concatenate([piece.rows for piece in pieces])
    )


@dataclass(frozen=True, eq=False)
class _Key:
    """What cells are grouped by: a code for each cell, and what the codes stand for; -1 stands for nothing."""

    name: str
    codes: NDArray[np.integer]
    labels: pd.Index


def _key(frame: pd.DataFrame, piece: _MeasureCells, name: str) -> _Key:
    """Group by a column, a level of the index, or else by what the cells themselves know."""
    values: Any = None
    if name in frame.index.names:
        values = frame.index.get_level_values(name)
    elif list(frame.columns).count(name) == 1 and not isinstance(frame.dtypes[name], DiscretionisedDtype):
        values = frame[name]
    if values is None:
        return _part_key(frame, piece, name)
    if isinstance(values.dtype, pd.CategoricalDtype):
        categorical = pd.Categorical(values)
        labels = pd.CategoricalIndex(categorical.categories, dtype=values.dtype)
        return _Key(name, categorical.codes[piece.rows], labels)
    codes, uniques = pd.factorize(values, sort=True)
    return _Key(name, codes[piece.rows], pd.Index(uniques))


def _part_key(frame: pd.DataFrame, piece: _MeasureCells, name: str, *, levels: bool = False) -> _Key:
    """Group by the period, or by the members of a dimension or their levels, as the cells know them."""
    decoded = piece.cells.registry.decode(piece.cells.parts)
    asked = (frame.attrs.get("jobindsats") or {}).get("columns", {}).get("period", "period")
    is_period = fold(name) in {"period", "periode", fold(asked)}
    axes = {} if is_period else _axes(frame, [one.space for one in decoded] or _spaces(frame), name)
    codes = np.full(len(piece.cells), -1)
    names: list[str] = []
    for one in decoded:
        if is_period:
            digits, here = one.period, [period for _, period in one.space.periods]
        elif one.space.table in axes:
            place = axes[one.space.table].place
            dimension, digits = one.space.dimensions[place], one.members[place]
            if levels:
                digits = dimension.level_of[digits]
                here = ["total", *(known.name for known in dimension.levels[1:])]
            else:
                here = [member.name for member in dimension.members]
        else:
            continue
        codes[one.where] = digits + len(names)
        names += here
    merged, uniques = pd.factorize(np.array(names, dtype=object))
    return _Key(name, np.append(merged, -1)[codes], pd.Index(uniques, dtype="str"))


def _grouped(piece: _MeasureCells, keys: Sequence[_Key]) -> tuple[SumCheck, dict[str, Any]]:
    """Check the sums of a measure's cells group by group; the groups come in the order of their labels."""
    if not keys:
        return check_sums(piece.cells), {}
    combined = np.zeros(len(piece.cells), dtype=np.int64)
    for key in keys:
        combined = combined * (len(key.labels) + 1) + key.codes + 1
    present, ids = np.unique(combined, return_inverse=True)
    columns: dict[str, Any] = {}
    rest = present
    for key in reversed(keys):
        rest, codes = np.divmod(rest, len(key.labels) + 1)
        columns[key.name] = (
            key.labels.reindex(key.labels[:0]) if not len(key.labels) else key.labels.take(codes - 1)
        )
        if not codes.all():
            columns[key.name] = columns[key.name].where(codes > 0)
    return check_sums(piece.cells, ids, len(present)), dict(reversed(columns.items()))


def sum_bounds(frame: pd.DataFrame, measure: str | None = None, by: Names = None) -> pd.DataFrame:
    """Give the interval in which the true sum lies, by the rule of disclosure control alone.

    Parameters
    ----------
    frame : DataFrame
    measure : str, optional
        Column, name or id of a measure; by default all that can be counted (rates and averages have no sum).
    by : str or sequence of str, optional
        Columns, index levels or dimensions: one interval for each combination. Else one for each measure.

    Returns
    -------
    DataFrame
        The columns of `by`, ``measure``, ``low``, ``high``, ``hidden`` and ``rounded`` (numbers of cells) and ``why``
        low and high differ. ``high`` is missing where nothing bounds the sum.

    Raises
    ------
    InvalidSumError
        If no interval can be given: rates, totals among their parts, cells not available, filled or unknown.
    """
    names = _names(by)
    pieces = _by_measure(frame, measure)
    if measure is None:
        countable = [
            piece for piece in pieces if piece.measure is None or piece.measure.kind is not Kind.NONE
        ]
        pieces = countable or pieces
    results, whole = [], True
    for piece in pieces:
        check, groups = _grouped(piece, [_key(frame, piece, name) for name in names])
        bounds = check.bounds()
        if (refused := np.isnan(bounds.low)).any():
            raise _no_interval(check, int(np.flatnonzero(refused)[0]))
        whole &= piece.cells.values.dtype.kind == "i" and piece.measure is not None
        whole &= piece.measure is None or piece.measure.kind in (Kind.PERSONS, Kind.STOCK, Kind.FLOW)
        rounded = check.count_of(CellStatus.ROUNDED)
        results.append(
            pd.DataFrame(
                {
                    **groups,
                    MEASURE: piece.name,
                    "low": bounds.low,
                    "high": np.where(np.isinf(bounds.high), np.nan, bounds.high),
                    "hidden": bounds.hidden,
                    "rounded": rounded,
                    "why": _why_they_differ(piece, check, bounds.hidden, rounded),
                }
            )
        )
    joined = _stacked(results, [*names, MEASURE, "low", "high", "hidden", "rounded", "why"])
    numbers = "Int64" if whole and results else "Float64"
    return joined.astype(
        {"low": numbers, "high": numbers, "hidden": "int64", "rounded": "int64", "why": "str"}
    )


def _stacked(results: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat(results, ignore_index=True) if results else pd.DataFrame(columns=list(columns))


def _no_interval(check: SumCheck, group: int) -> InvalidSumError:
    cells = check.cells if check.ids is None else check.cells[np.flatnonzero(check.ids == group)]
    one = check_sums(cells)
    if not one.valid:
        return sum_error(one, "sum_bounds")
    return InvalidSumError(
        "sum_bounds: refused, for it is not known which cells these are, so no rule bounds what they stand for. Take"
        " the columns as they were read, before computing with them.",
        reasons=("unknown",),
    )


def _why_they_differ(
    piece: _MeasureCells, check: SumCheck, hidden: NDArray[np.int64], rounded: NDArray[np.int64]
) -> list[str]:
    kind = piece.measure.kind if piece.measure else Kind.NONE
    limit = {Kind.FULL_TIME: "0 to 3", Kind.MONEY: "0 or more"}.get(kind, "0 to 2")
    texts = []
    for cells, unseen, small in zip(check.count.tolist(), hidden.tolist(), rounded.tolist(), strict=True):
        why = []
        if unseen:
            why.append(f"{unseen:,} hidden {_cells(unseen)} of {limit}{' each' * (unseen > 1)}")
        if small:
            why.append(f"{small:,} {_cells(small)} rounded up from 0 or more")
        if kind is Kind.FULL_TIME and cells > unseen:
            why.append(f"{cells - unseen:,} {_cells(cells - unseen)} rounded by up to 0.5")
        if kind is Kind.PERSONS and cells > 1:
            why.append("a person can be in several parts")
        texts.append("; ".join(why))
    return texts


def _cells(count: int) -> str:
    return "cell" if count == 1 else "cells"


def sum_check(frame: pd.DataFrame | pd.Series, by: Names = None) -> pd.DataFrame:
    """Ask whether sums would be right, without raising.

    Parameters
    ----------
    frame : DataFrame or Series
        Of a frame each measure is checked for itself; a series as it stands.
    by : str or sequence of str, optional
        Columns, index levels or dimensions: one check for each combination.

    Returns
    -------
    DataFrame
        The columns of `by`, ``measure``, ``valid``, ``reasons`` (those of `InvalidSumError`, with commas), ``cells``,
        ``hidden`` and ``why`` in words.
    """
    names = _names(by)
    if isinstance(frame, pd.Series):
        array: Any = frame.array
        label = "" if frame.name is None else str(frame.name)
        frame = frame.to_frame(label)
        pieces = [_MeasureCells(label, None, array.cells, np.arange(len(array)))]
    else:
        pieces = _by_measure(frame)
    results = []
    for piece in pieces:
        check, groups = _grouped(piece, [_key(frame, piece, name) for name in names])
        reasons = [check.reasons_of(group) for group in range(check.groups)]
        results.append(
            pd.DataFrame(
                {
                    **groups,
                    MEASURE: piece.name,
                    "valid": [not found for found in reasons],
                    "reasons": [", ".join(found) for found in reasons],
                    "cells": check.count,
                    "hidden": check.count_of(CellStatus.DISCRETIONISED),
                    "why": ["; ".join(_WHY[reason] for reason in found) for found in reasons],
                }
            )
        )
    joined = _stacked(results, [*names, MEASURE, "valid", "reasons", "cells", "hidden", "why"])
    return joined.astype({"valid": bool, "reasons": "str", "cells": "int64", "hidden": "int64", "why": "str"})


def describe_cells(frame: pd.DataFrame, by: Names = None) -> tuple[pd.DataFrame, list[str]]:
    """Label every cell of a frame, as `audit.audit` wants it.

    Returns
    -------
    DataFrame
        One row for each cell: ``status`` (uint8), ``measure``, ``period``, and for each dimension its member and, as
        ``level of <dimension>``, its level; then the columns of `by`. All categorical.
    list of str
        The dimensions' names.
    """
    pieces = _by_measure(frame)
    dimensions = list(dict.fromkeys(d.name for space in _spaces(frame) for d in space.dimensions))
    described = []
    for piece in pieces:
        described.append(_described(frame, piece, dimensions, _names(by)))
    joined = {
        name: np.concatenate([one[name] for one in described])
        if name == STATUS
        else pd.api.types.union_categoricals([one[name] for one in described], ignore_order=True)
        for name in described[0]
    }
    return pd.DataFrame(joined, copy=False), dimensions


def _described(
    frame: pd.DataFrame, piece: _MeasureCells, dimensions: Sequence[str], by: Sequence[str]
) -> dict[str, Any]:
    count = len(piece.cells)
    keys = {MEASURE: _Key(MEASURE, np.zeros(count, dtype=np.int8), pd.Index([piece.name], dtype="str"))}
    keys |= {"period": _part_key(frame, piece, "period")}
    for name in dimensions:
        keys |= {
            name: _part_key(frame, piece, name),
            f"level of {name}": _part_key(frame, piece, name, levels=True),
        }
    keys |= {name: _key(frame, piece, name) for name in by if name not in keys}
    return {STATUS: piece.cells.status} | {
        name: pd.Categorical.from_codes(key.codes, key.labels) for name, key in keys.items()
    }


# --- layouts ---------------------------------------------------------------------------------------------------------


def _is_long(frame: pd.DataFrame) -> bool:
    """Whether the frame is of the long layout: one discretionised column `value` beside `measure`."""
    guarded = [frame.columns[place] for place, _ in _guarded(frame)]
    return guarded == [VALUE] and list(frame.columns).count(MEASURE) == 1


def to_long(frame: pd.DataFrame) -> pd.DataFrame:
    """Stack the measures: one row for each cell, with the columns ``measure``, ``value`` and ``status``.

    The index is numbered anew, as after reading. A long frame comes back as it is.
    """
    if _is_long(frame):
        return frame
    guarded = _guarded(frame)
    labels = [place for place in range(frame.shape[1]) if place not in {taken for taken, _ in guarded}]
    taken = {MEASURE, VALUE, STATUS} & {frame.columns[place] for place in labels}
    if taken:
        raise QueryError(
            f"The frame has a column {taken.pop()!r} already, which the long layout needs; rename it."
        )
    count, rows = len(guarded), len(frame)
    names = [str(frame.columns[place]) for place, _ in guarded]
    names = [
        name if names.count(name) == 1 else f"{name} [{_measure_id(array, place)}]"
        for name, (place, array) in zip(names, guarded, strict=True)
    ]
    whole = all(array.dtype.kind == "i" for _, array in guarded)
    dtype = DiscretionisedDtype("Int64" if whole else "Float64")
    order = np.arange(count * rows).reshape(count, rows).T.ravel()
    value = pd.concat([pd.Series(array.astype(dtype)) for _, array in guarded], ignore_index=True).array
    value = value.take(order)  # type: ignore[assignment]
    columns = [frame.iloc[:, place].array.repeat(count) for place in labels]
    columns += [
        pd.Categorical.from_codes(
            np.tile(np.arange(count, dtype=np.int32), rows), pd.Index(names, dtype="str")
        ),
        value,
        _status_categorical(value.status),
    ]
    long = _frame([*(frame.columns[place] for place in labels), MEASURE, VALUE, STATUS], columns)
    return _with_layout(long, frame, "long")


def to_wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Spread the measures of a long frame: one column for each. A wide frame comes back as it is.

    Cells whose row is gone, by a filter for instance, are *not available*: they are not known to be 0.
    """
    if not _is_long(frame):
        return frame
    array: Any = frame[VALUE].array
    measures = pd.Categorical(frame[MEASURE])
    labels = [name for name in frame.columns if name not in {MEASURE, VALUE, STATUS}]
    keys = frame[labels].reset_index(drop=True)
    present = [
        code for code in range(len(measures.categories)) if (measures.codes == code).any() or not len(frame)
    ]
    if labels:
        rows = keys.groupby(list(keys.columns), observed=True, sort=False, dropna=False).ngroup().to_numpy()
    else:
        rows = np.zeros(len(frame), dtype=np.int64)
    count = int(rows.max()) + 1 if len(rows) else 0
    first = np.full(count, -1)
    first[rows[::-1]] = np.arange(len(rows))[::-1]
    columns = [keys.iloc[first].iloc[:, place].array for place in range(len(labels))]
    for code in present:
        where = np.flatnonzero(measures.codes == code)
        if len(np.unique(rows[where])) < len(where):
            raise QueryError(
                f"The frame has several rows of the measure {measures.categories[code]!r} for the same"
                f" {', '.join(map(repr, labels)) or 'row'}. Bring back the columns that tell them apart."
            )
        places = np.full(count, -1)
        places[rows[where]] = where
        columns.append(_one_measure(array, places))
    names = [*labels, *(_bare(str(measures.categories[code]), array) for code in present)]
    return _with_layout(_frame(names, columns), frame, "wide")


def _one_measure(array: DiscretionisedArray, places: NDArray[np.intp]) -> DiscretionisedArray:
    cells = array.cells
    found = places >= 0
    status = (
        np.where(found, cells.status[places], np.uint8(CellStatus.NOT_AVAILABLE))
        if len(cells)
        else cells.status
    )
    parts = np.where(found, cells.parts[places], -1) if len(cells) else cells.parts
    values = cells.values[places] if len(cells) else cells.values
    made = DiscretionisedArray(values, status, parts, cells.registry)
    named = cells.registry.measures(made.parts)
    counted = bool(named) and all(is_count(measure.name) for _, measure in named)
    shown = values[made.visible]
    whole = counted and bool((shown == np.trunc(shown)).all())
    return made.astype(DiscretionisedDtype("Int64" if whole else "Float64"))  # type: ignore[no-any-return]


def _bare(name: str, array: DiscretionisedArray) -> str:
    """A measure's name as the wide layout has it: two of one name differ by their id in the long layout alone."""
    for _, measure in array.registry.measures(array.parts):
        if name == f"{measure.name} [{measure.id}]":
            return measure.name
    return name


def _measure_id(array: DiscretionisedArray, place: int) -> str:
    found = array.registry.measures(array.parts)
    return found[0][1].id if found else str(place)


def _status_categorical(status: NDArray[np.uint8]) -> pd.Categorical:
    return pd.Categorical.from_codes(status.astype(np.int8), pd.Index(_STATUS_LABELS, dtype="str"))


def _frame(names: Sequence[Hashable], columns: Sequence[Any]) -> pd.DataFrame:
    # By position first: two columns may bear one name, and both are kept.
    frame = pd.DataFrame(dict(enumerate(columns)), copy=False)
    frame.columns = pd.Index(
        list(names), dtype="str" if all(isinstance(name, str) for name in names) else None
    )
    return frame


def _with_layout(made: pd.DataFrame, frame: pd.DataFrame, layout: str) -> pd.DataFrame:
    made.attrs = dict(frame.attrs)
    if "jobindsats" in made.attrs:
        made.attrs["jobindsats"] = {**made.attrs["jobindsats"], "layout": layout}
    return made


# --- where it comes from ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """Where a frame comes from.

    Attributes
    ----------
    table, table_name : str
    link : str
        The table's page.
    update_latest : str
        Day of the publication, or the empty string where the API does not tell.
    fetched_at : str
        Moment of fetching, UTC; of the oldest part where there are several.
    query : str
        The call that reads it.
    api : str
        Address of the API.
    """

    table: str
    table_name: str
    link: str
    update_latest: str
    fetched_at: str
    query: str
    api: str

    def _facts(self) -> list[tuple[str, str]]:
        facts = [
            ("table", f"{self.table} · {self.table_name}"),
            ("page", self.link),
            ("updated", self.update_latest),
            ("fetched", f"{self.fetched_at} from {self.api}"),
            ("query", self.query),
        ]
        return [fact for fact in facts if fact[1]]

    def __repr__(self) -> str:
        return "\n".join(f"{name:<9}{text}" for name, text in self._facts())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(text)}</td></tr>"
            for name, text in self._facts()
        )
        return f"<table>{rows}</table>"


@dataclass(frozen=True)
class Citation:
    """How to cite a frame: `text` for a foot of a figure, `bibtex` for a list of references."""

    text: str
    bibtex: str

    def __repr__(self) -> str:
        return f"{self.text}\n\n{self.bibtex}"


def source(frame: pd.DataFrame) -> Source:
    """Say where a frame comes from.

    Raises
    ------
    ProvenanceError
        If ``df.attrs["jobindsats"]`` was lost.
    """
    attrs = frame.attrs.get("jobindsats")
    if not isinstance(attrs, dict) or "table" not in attrs:
        try:
            read = f"read it again: {read_line(question_for_total(frame, None, ()))}"
        except (ProvenanceError, QueryError):
            read = "read it again with ji.read_jobindsats(table, …)"
        raise ProvenanceError(
            "df.attrs['jobindsats'], which says where the frame comes from, was lost (pandas drops it in pivot, and in"
            f" concat of frames from different questions). Copy it, df.attrs.update(the_frame_as_read.attrs), or {read}"
        )
    return Source(
        table=attrs["table"],
        table_name=attrs.get("table_name") or "",
        link=attrs.get("link") or "",
        update_latest=attrs.get("update_latest") or "",
        fetched_at=attrs.get("fetched_at") or "",
        query=read_line(_asked(attrs)),
        api=attrs.get("url") or "",
    )


def _asked(attrs: dict[str, Any]) -> dict[str, Any]:
    """The question that a frame's provenance tells."""
    first, last, count = [*(attrs.get("periods") or []), None, None, None][:3]
    measures = attrs.get("measures")
    return {
        "table": attrs["table"],
        "by": attrs.get("by") or None,
        "periods": first if count == 1 or last is None else f"{first}:{last}",
        "period_type": attrs.get("period_type"),
        "measures": None if measures == "*" else measures,
        "layout": attrs.get("layout"),
        "complete": attrs.get("complete", False),
        "additive": attrs.get("additive") or None,
    }


def cite(frame: pd.DataFrame) -> Citation:
    """Write a citation of a frame.

    Raises
    ------
    ProvenanceError
        If ``df.attrs["jobindsats"]`` was lost.
    """
    known = source(frame)
    year = (known.update_latest or known.fetched_at)[:4]
    updated = f", updated {known.update_latest}" if known.update_latest else ""
    fetched = known.fetched_at[:10]
    where = f" {known.link}" if known.link else ""
    text = (
        f"Styrelsen for Arbejdsmarked og Rekruttering ({year}): {known.table_name}. Jobindsats.dk, table"
        f" {known.table}{updated}.{where} (fetched {fetched})"
    )
    fields = {
        "author": "{Styrelsen for Arbejdsmarked og Rekruttering}",
        "title": f"{{{_tex(known.table_name)}}}",
        "year": year,
        "howpublished": f"Jobindsats.dk, table {_tex(known.table)}{updated}",
        "url": known.link.replace("{", "%7B").replace("}", "%7D"),
        "urldate": fetched,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return Citation(text, "\n".join([f"@misc{{jobindsats_{known.table}_{year},", *lines, "}"]))


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(text.split()))
