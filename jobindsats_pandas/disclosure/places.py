"""Cells taken out of their places and written into others: what is a hole then, what a guess, and what stays hidden.

Hidden cells that vanish alone, while every visible one stays, were dropped, by whatever name: what is left looks
whole and is not. But a selection by member may do the same where a member is hidden in every period. The addresses
tell the two apart as far as they can be told: a member that is gone whole, beside others that are there in several
periods, was left out; one that is gone here and kept there was not.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from pandas.api.extensions import take

from jobindsats_pandas.disclosure.addresses import EMPTY, NOTHING, UNKNOWN
from jobindsats_pandas.disclosure.building import cells_from, nullable
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    Dropped,
    aligned,
    beside,
    converted,
    is_missing,
    is_unseen,
    rewritten,
)
from jobindsats_pandas.disclosure.scalars import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure.addresses import Decoded

__all__ = [
    "distinct",
    "filled_from",
    "guessed",
    "hide_small_counts",
    "interpolated",
    "mark_in_place_of_hidden",
    "only_missing_move",
    "overwritten",
    "recognised",
    "shifted",
    "turned_over",
    "vanished",
    "with_gaps",
]


def only_missing_move(cells: Cells, places: NDArray[np.intp]) -> bool:
    """Whether every visible cell stays in its place and others do not: then this fills, it selects nothing."""
    if len(places) != len(cells) or not len(cells):
        return False
    elsewhere = places != np.arange(len(cells))
    return bool(elsewhere.any() and is_missing(cells.status[elsewhere]).all())


def filled_from(cells: Cells, places: NDArray[np.intp]) -> Cells:
    """Fill what is missing with cells from elsewhere, as a fill within groups does; -1 leaves it as it is."""
    made = cells[np.where(places < 0, np.arange(len(cells)), places)]
    guesses = cells.missing & ~made.missing
    made.status[guesses], made.addresses[guesses] = CellStatus.FILLED, cells.addresses[guesses]
    return made


def with_gaps(
    cells: Cells, places: NDArray[np.intp], fill_value: Any = None, gap: int = CellStatus.HOLE
) -> Cells:
    """Take cells by position; where that is -1, stands a cell or a number, or else a hole or what `gap` says."""
    filling = cells_from([fill_value], whole=cells.whole)
    if filling.status[0] == CellStatus.HOLE:
        filling = replace(filling, status=np.array([gap], np.uint8))
    elif not isinstance(fill_value, Cell) and fill_value == 0:
        # A zero where nothing was counts as the nothing that it stands for.
        filling = replace(filling, addresses=np.array([NOTHING]))
    registry, (ours, theirs) = aligned(cells, filling)
    pairs = ((cells.values, filling.values), (cells.status, filling.status), (ours, theirs))
    values, status, addresses = (
        cast("Any", take(of, places, allow_fill=True, fill_value=new[0])) for of, new in pairs
    )
    # The hidden cells that had fallen away from these are back.
    dropped = cells.dropped if gap == CellStatus.HOLE else 0
    return Cells(values, status, addresses, registry, dropped, cells.left)


def shifted(cells: Cells, periods: int = 1, fill_value: Any = None) -> Cells:
    """Shift cells; what comes in is a hole, or a cell."""
    places = np.arange(len(cells)) - periods
    places[(places < 0) | (places >= len(cells))] = -1
    return with_gaps(cells, places, fill_value)


def turned_over(columns: Sequence[Cells]) -> Iterator[Cells]:
    """The rows of some columns."""
    registry, addresses = aligned(*columns)
    near = beside(*columns)
    several = ([cells.values for cells in columns], [cells.status for cells in columns], addresses)
    for values, status, addresses_of_row in zip(*(np.array(one).T.copy() for one in several), strict=True):
        yield Cells(values, status, addresses_of_row, registry, near.dropped, near.left)


def distinct(cells: Cells, codes: NDArray[np.intp], count: int) -> Cells:
    """The cells that hold each of the values that codes number, the first of them; of no cell where several do."""
    first = np.full(count, -1, dtype=np.intp)
    shown = np.flatnonzero(codes >= 0)[::-1]
    first[codes[shown]] = shown
    made = cells[first]
    made.addresses[np.bincount(codes[shown], minlength=count) > 1] = UNKNOWN
    return made


def overwritten(cells: Cells, key: Any, incoming: Cells) -> Cells:
    """Write cells over others in place; whatever is written over a hidden cell is a guess, and stays one."""
    if isinstance(key, np.ndarray) and key.dtype == bool and incoming.status.tolist() == [CellStatus.HOLE]:
        _make_holes(cells, key)
        return cells
    registry, (ours, theirs) = aligned(cells, incoming)
    old_status, old_addresses = cells.status[key], ours[key]
    written: Any = (incoming.values, incoming.status, theirs)
    values, status, addresses = (np.broadcast_to(one, old_status.shape).copy() for one in written)
    hidden = is_unseen(old_status)
    # What was left out counts as 0, so any other number in its place is a guess as well.
    left_out = (old_status == CellStatus.ABSENT) & (old_addresses >= 0) & (values != 0)
    guesses = (hidden | left_out) & ~is_missing(status)
    status[guesses], addresses[guesses] = CellStatus.FILLED, old_addresses[guesses]
    if incoming.registry is EMPTY:
        addresses[~guesses & ~is_missing(status) & (values == 0)] = NOTHING
    # Nothing written over a hidden cell does not unhide it.
    kept = hidden & is_missing(status)
    values[kept] = cells.values[key][kept]
    status[kept], addresses[kept] = old_status[kept], old_addresses[kept]
    if ours is not cells.addresses:
        ours = ours.copy()
    cells.values[key], cells.status[key], ours[key] = values, status, addresses
    # A column that is filled with the visible cells of another is without its hidden ones as they are.
    without_some = (incoming.dropped or incoming.left) and not is_unseen(cells.status).any()
    return replace(beside(cells, incoming) if without_some else cells, addresses=ours, registry=registry)


def _make_holes(cells: Cells, mask: NDArray[np.bool_]) -> None:
    where = mask & ~is_unseen(cells.status)
    nothing: Any = (
        (cells.values, 1 if cells.whole else np.nan),
        (cells.status, CellStatus.HOLE),
        (cells.addresses, UNKNOWN),
    )
    for array, value in nothing:
        np.putmask(array, where, value)  # several times faster than writing by a mask


def guessed(cells: Cells, values: Any, shown: NDArray[np.bool_]) -> Cells:
    """Numbers in the place of cells, of which those that were not shown before are guesses."""
    guesses = cells.missing & shown
    status = np.where(guesses, np.uint8(CellStatus.FILLED), cells.status)
    return rewritten(cells, values, status, cells.addresses.copy())


def interpolated(cells: Cells, **kwargs: Any) -> Cells:
    """Guess what is not shown from its neighbours; the guesses are marked, and block sums."""
    plain = nullable(converted(cells, whole=False)).interpolate(**kwargs | {"copy": True})
    return guessed(cells, plain.to_numpy(np.float64, na_value=np.nan), ~plain.isna())


def recognised(cells: Cells, made: Cells) -> Cells:
    """Let a bare number that a function hands on, as `int` does, be the cell in its place whose number it is."""
    bare = (made.addresses == UNKNOWN) & (made.status == CellStatus.DERIVED)
    same = bare & ~cells.missing & (made.values == cells.values)
    if not same.any():
        return made
    registry, (theirs, ours) = aligned(made, cells)
    return replace(
        made,
        status=np.where(same, cells.status, made.status),
        addresses=np.where(same, ours, theirs),
        registry=registry,
    )


def mark_in_place_of_hidden(cells: Cells, made: Cells) -> None:
    """Mark what stands in the place of hidden cells: nothing stays hidden, and a number is a guess."""
    unseen = cells.missing & (cells.status != CellStatus.HOLE)
    if len(made) != len(cells) or not unseen.any():
        return
    gone = unseen & (made.status == CellStatus.HOLE)
    made.status[gone], made.addresses[gone] = cells.status[gone], UNKNOWN
    # What was left out counts as 0, so there a 0 is no guess.
    zero = (cells.status == CellStatus.ABSENT) & (made.values == 0)
    made.status[unseen & ~made.missing & ~zero] = CellStatus.FILLED


def vanished(before: Cells, after: Cells) -> tuple[int, tuple[str, ...]]:
    """Compare the cells that were there with those that were kept.

    Returns
    -------
    int
        How many hidden cells were dropped; 0 where the selection says nothing about them.
    tuple of str
        The members whose rows left with all their hidden cells.
    """
    unseen = is_unseen(before.status)
    seen = ~unseen & ~before.missing
    kept, shown = before.addresses[seen], after.addresses[~after.missing]
    if len(kept) and not np.array_equal(np.sort(kept), np.sort(shown)):
        return 0, ()
    left = _members_that_left(before, unseen, seen)
    if left is not None:
        return 0, left
    gone = before.addresses[unseen]
    return Dropped.of({object() if (gone < 0).any() else hash(np.sort(gone).tobytes()): len(gone)}), ()


def hide_small_counts(cells: Cells) -> bool:
    """Whether all that is unseen are published counts that are too small to be shown."""
    unseen = is_unseen(cells.status)
    measures = cells.registry.measures(cells.addresses[unseen])
    return bool((cells.status[unseen] == CellStatus.DISCRETIONISED).all()) and all(
        math.isfinite(measure.kind.largest_hidden) and not measure.derived for _, measure in measures
    )


def _members_that_left(
    before: Cells, lost: NDArray[np.bool_], kept: NDArray[np.bool_]
) -> tuple[str, ...] | None:
    """The members, or the periods, that have no cell among those kept; None where nothing tells that they were chosen.

    Members of which none is of the level of those kept are no loss: totals contain their parts.
    """
    gone, here = (before.registry.decode(before.addresses[where]) for where in (lost, kept))
    if len(gone) != 1 or len(here) != 1 or gone[0].space is not here[0].space:
        return None
    if len(gone[0].where) != np.count_nonzero(lost) or len(here[0].where) != np.count_nonzero(kept):
        return None
    axes, others = _axes(gone[0]), _axes(here[0])
    for axis, codes in enumerate(axes):
        away = np.unique(codes)
        if np.isin(others[axis], away).any():
            continue
        if axis < len(gone[0].members):
            level_of = gone[0].space.dimensions[axis].level_of
            if not np.isin(level_of[others[axis]], level_of[away]).any():
                return ()
        if any(len(np.unique(other)) > 1 for place, other in enumerate(others) if place != axis):
            return tuple(_name(gone[0], axis, code) for code in away.tolist())
    return None


def _axes(cells: Decoded) -> list[NDArray[np.int64]]:
    return [*cells.members, cells.period, cells.measure]


def _name(cells: Decoded, axis: int, code: int) -> str:
    space = cells.space
    members = ([member.name for member in dimension.members] for dimension in space.dimensions)
    names = [*members, [period for _, period in space.periods], [measure.name for measure in space.measures]]
    return names[axis][code]
