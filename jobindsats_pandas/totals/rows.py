"""Which rows are totals and which are parts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import CellStatus, Decoded, DiscretionisedArray
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.framed import Axis, Framed
from jobindsats_pandas.guarded import guarded_columns
from jobindsats_pandas.matching import find, no_such
from jobindsats_pandas.notices import needs_client
from jobindsats_pandas.provenance import read_line
from jobindsats_pandas.totals.questions import question_for_total

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import AddressDimension, AddressSpace

    Flags = NDArray[np.bool_]

__all__ = ["level", "official_total", "parts", "some_of_a_level", "totals", "without_totals"]

_Condition = Callable[[Decoded], "Flags | None"]


def level(frame: pd.DataFrame, dimension: str, level: str) -> pd.DataFrame:
    """Keep the rows of one level of a dimension, as `FrameAccessor.level`."""
    wanted = arguments.text("level", level)
    framed = Framed(frame)
    axes = framed.dimension(dimension)
    chosen: dict[str, list[int]] = {}
    options: list[tuple[str, str]] = []
    for space in framed.spaces:
        axis = axes.get(space.table)
        if axis is None:
            continue
        part = space.dimensions[axis.place]
        levels = [(number, part.levels[number]) for number in _levels(part, axis)]
        options += [(known.id, known.name) for _, known in levels]
        found = find(wanted, levels, lambda pair: [pair[1].id], lambda pair: [pair[1].name])
        if wanted in {"total", "/"} or find(wanted, [part.members[0].name], lambda text: [text]):
            chosen[space.table] = [0]
        elif found:
            numbers, present = [number for number, _ in found], _present(framed, space, axis)
            chosen[space.table] = [_one_level(part, numbers, present, dimension)]
    if not chosen:
        raise no_such(f"The dimension {dimension!r}", "level", wanted, [*options, ("total",)])
    return _select_all(framed, [_at_level(axes, chosen)])


def parts(frame: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Keep the rows of the deepest level of a dimension that the frame has: the parts, without their totals."""
    framed = Framed(frame)
    axes = framed.dimension(dimension)
    return _select_all(framed, [_at_level(axes, _deepest(framed, axes, dimension, below_total=True))])


def totals(frame: pd.DataFrame, dimension: str) -> pd.DataFrame:
    """Keep the rows in which a dimension stands at its official total, whatever the others."""
    framed = Framed(frame)
    axes = framed.dimension(dimension)
    return _select_all(framed, [_at_level(axes, {table: [0] for table in axes})])


def without_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows of the deepest level that the frame has in every dimension."""
    framed = Framed(frame)
    conditions = [
        _at_level(axes, _deepest(framed, axes, name, below_total=False), everywhere=False)
        for name, axes in framed.dimensions().items()
    ]
    return _select_all(framed, conditions)


def official_total(
    frame: pd.DataFrame, measure: str | None = None, over: Sequence[str] | str | None = None
) -> pd.DataFrame:
    """Keep the published rows that are the total over some dimensions, as `FrameAccessor.official_total`."""
    framed = Framed(frame)
    chosen = None if measure is None else framed.measure(measure)
    named = (
        framed.dimensions()
        if over is None
        else {n: framed.dimension(n, "over") for n in arguments.labels("over", over)}
    )
    conditions = [
        _at_level(axes, {table: [0] for table in axes}, everywhere=over is not None)
        for axes in named.values()
    ]

    def of_measure(cells: Decoded) -> Flags:
        if chosen is None:
            return np.ones(len(cells.where), dtype=bool)
        held = np.array(
            [(cells.space.table, measure.id) in chosen.measures for measure in cells.space.measures]
        )
        fits: Flags = held[cells.measure]
        return fits

    narrowed = framed
    if chosen is not None:
        others = framed.guarded.keys() - chosen.columns
        kept = [place for place in range(frame.shape[1]) if place not in others]
        narrowed = Framed(frame.iloc[:, kept])
    found = _select_all(narrowed, [of_measure, *conditions], published=True)
    if not len(found):
        raise QueryError(_not_there(framed, measure, over))
    return found


def _select_all(framed: Framed, conditions: Sequence[_Condition], *, published: bool = False) -> pd.DataFrame:
    """Keep the rows, or after a pivot the columns, whose cells meet all conditions."""

    def together(cells: Decoded) -> Flags | None:
        fits = np.ones(len(cells.where), dtype=bool)
        for condition in conditions:
            found = condition(cells)
            if found is None:
                return None
            fits &= found
        return fits

    kept = _select(framed, together, published=published)
    if kept is not None:
        return kept
    # One dimension runs over the rows and another over the columns: then each for itself.
    for condition in conditions:
        kept = _select(framed, condition, published=published)
        if kept is None:
            raise QueryError(
                "Totals and parts of one dimension stand together in the rows and in the columns of the frame. Use this"
                " method before pivot or merge."
            )
        framed = Framed(kept)
    return framed.frame


def _select(framed: Framed, condition: _Condition, *, published: bool) -> pd.DataFrame | None:
    """Keep rows, or else columns, whose cells meet a condition; None if neither is of one kind."""
    known = np.zeros((len(framed.frame), len(framed.guarded)), dtype=bool)
    match = np.zeros_like(known)
    for column, (place, decoded) in enumerate(framed.decoded.items()):
        for cells in decoded:
            fits = condition(cells)
            if fits is None:
                continue
            where = cells.where
            if published:
                genuine = ~np.isin(
                    framed.guarded[place].status[where], [CellStatus.DERIVED, CellStatus.FILLED]
                )
                genuine &= ~np.array([m.derived for m in cells.space.measures])[cells.measure]
                where, fits = where[genuine], fits[genuine]
            known[where, column] = True
            match[where, column] = fits
    against = known & ~match
    rows: Flags = np.any(match, axis=1)
    if not (rows & against.any(axis=1)).any():
        return _rows(framed.frame, rows)
    columns: Flags = np.any(match, axis=0)
    if (columns & against.any(axis=0)).any():
        return None
    others = {place for place, keep in zip(framed.guarded, columns, strict=True) if not keep}
    frame = framed.frame
    return frame.iloc[:, [place for place in range(frame.shape[1]) if place not in others]]


def _rows(frame: pd.DataFrame, rows: Flags) -> pd.DataFrame:
    kept = frame.loc[rows]
    for place, array in guarded_columns(frame).items():
        cells = kept.iloc[:, place].array.cells
        if cells.dropped > array.dropped or cells.left != array.cells.left:
            # All hidden cells went because they are of another level: that is no dropna.
            cells = replace(cells, dropped=array.dropped, left=array.cells.left)
            kept.isetitem(place, DiscretionisedArray.unchecked(cells))
    return kept


def _levels(dimension: AddressDimension, axis: Axis) -> list[int]:
    return [
        number
        for number, known in enumerate(dimension.levels)
        if number and axis.hierarchy in {None, known.hierarchy}
    ]


def _present(framed: Framed, space: AddressSpace, axis: Axis) -> set[int]:
    """The levels of a dimension that the frame's cells stand at."""
    found: set[int] = set()
    for cells in framed.cells:
        if cells.space.table == space.table:
            levels = cells.space.dimensions[axis.place].level_of[cells.members[axis.place]]
            found |= set(np.unique(levels).tolist())
    return found


def _one_level(dimension: AddressDimension, wanted: Sequence[int], present: set[int], name: str) -> int:
    """The deepest of several levels that the frame has, if it has any; of two hierarchies none is deeper."""
    candidates = [number for number in wanted if number in present]
    if not candidates:
        return wanted[0]
    hierarchies = list(dict.fromkeys(dimension.levels[number].hierarchy for number in candidates))
    if len(hierarchies) > 1:
        raise QueryError(
            f"The frame holds several hierarchies of {name!r}, each of them the whole:"
            f" {', '.join(map(repr, hierarchies))}. Name one of them by its id instead."
        )
    return max(candidates, key=lambda number: (dimension.levels[number].depth, number))


def _deepest(framed: Framed, axes: dict[str, Axis], name: str, *, below_total: bool) -> dict[str, list[int]]:
    chosen: dict[str, list[int]] = {}
    for space in framed.spaces:
        axis = axes.get(space.table)
        if axis is None:
            continue
        dimension = space.dimensions[axis.place]
        present = _present(framed, space, axis)
        below = [number for number in _levels(dimension, axis) if number in present]
        if below:
            chosen[space.table] = [_one_level(dimension, below, present, name)]
        else:
            chosen[space.table] = [] if below_total else [0]
    return chosen


def _at_level(axes: dict[str, Axis], chosen: dict[str, list[int]], *, everywhere: bool = True) -> _Condition:
    """Whether a cell is of a level; cells of tables without the dimension meet nothing, or all that is asked."""

    def condition(cells: Decoded) -> Flags | None:
        if cells.space.table not in chosen:
            return None if everywhere else np.ones(len(cells.where), dtype=bool)
        place = axes[cells.space.table].place
        levels = cells.space.dimensions[place].level_of[cells.members[place]]
        fits: Flags = np.isin(levels, chosen[cells.space.table])
        return fits

    return condition


def _not_there(framed: Framed, measure: str | None, over: Sequence[str] | str | None) -> str:
    what = "all dimensions" if over is None else ", ".join(map(repr, arguments.labels("over", over)))
    given = [f", measure={measure!r}"] if measure is not None else []
    given += [f", over={over!r}"] if over is not None else []
    line = read_line(question_for_total(framed.frame, measure, over))
    url = framed.spaces[0].url
    client = whose = ""
    if needs_client(url):
        client, whose = (
            ", client=client",
            f"\n  # client: the ji.Client of {url}, where these cells come from",
        )
    opening = f"The published total over {what} is not in the frame. It is one call away:"
    if some := some_of_a_level(framed, [] if over is None else arguments.labels("over", over)):
        # The total of all members is no total of these.
        opening = (
            f"No total is published of just these: the frame holds {some}. The total of all of them, another number, is"
            " one call away:"
        )
    return (
        f"{opening}\n  {line[:-1]}{client})\nor, shorter:\n"
        f"  ji.read_official_total(df{''.join(given)}{client}){whose}"
    )


def some_of_a_level(framed: Framed, over: Sequence[str]) -> str:
    """The dimensions of which the frame holds some members of a level and not all; empty if there are none."""
    found: list[str] = []
    spaces = {space.table: space for space in framed.spaces}
    members: dict[tuple[str, int], set[int]] = {}
    for cells in framed.cells:
        for place, codes in enumerate(cells.members):
            members.setdefault((cells.space.table, place), set()).update(np.unique(codes).tolist())
    asked = {(table, axis.place) for name in over for table, axis in framed.dimension(name, "over").items()}
    for (table, place), held in members.items():
        dimension = spaces[table].dimensions[place]
        levels = {int(dimension.level_of[code]) for code in held} - {0}
        if not levels or (asked and (table, place) not in asked):
            continue
        deepest = max(levels, key=lambda level: dimension.levels[level].depth)
        every = set(np.flatnonzero(dimension.level_of == deepest).tolist())
        here = held & every
        if here != every:
            found.append(f"{len(here):,} of {len(every):,} members of {dimension.name!r}")
    return " and ".join(dict.fromkeys(found))
