"""What became of hidden cells when some cells were kept: dropped from beside the others, or left with their members.

Hidden cells that vanish alone, while every visible one stays, were dropped, by whatever name: what is left looks
whole and is not. But a selection by member may do the same where a member is hidden in every period. The addresses
tell the two apart as far as they can be told: a member that is gone whole, beside others that are there in several
periods, was left out; one that is gone here and kept there was not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.disclosure.cells import Cells, CellStatus, is_missing, is_unseen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure.addresses import Decoded

__all__ = ["counted", "vanished"]


def counted(status: NDArray[np.uint8]) -> tuple[int, int]:
    """How many cells are unseen, and how many are seen."""
    unseen = int(np.count_nonzero(is_unseen(status)))
    filled = int(np.count_nonzero(status == CellStatus.FILLED))
    return unseen, len(status) - int(np.count_nonzero(is_missing(status))) - filled


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
    seen = ~unseen & ~is_missing(before.status)
    kept, shown = before.addresses[seen], after.addresses[~is_missing(after.status)]
    if len(kept) and not np.array_equal(np.sort(kept), np.sort(shown)):
        return 0, ()
    left = _members_that_left(before, unseen, seen)
    return (int(np.count_nonzero(unseen)), ()) if left is None else (0, left)


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
