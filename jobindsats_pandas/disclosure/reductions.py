"""Many cells to one: sums, which are checked, and statistics, which warn of what they do not see."""

# ruff: noqa: SLF001 - pandas' nullable arrays compute through hooks that are private by name

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from weakref import WeakSet

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jobindsats_pandas.disclosure.addresses import UNKNOWN
from jobindsats_pandas.disclosure.building import computed, nullable, of_no_cell, statistic
from jobindsats_pandas.disclosure.callers import adding_for_itself, gone_over, grouping, warn_hidden
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    converted,
    count_hidden,
    counted,
    is_missing,
    rewritten,
    unseen_of,
)
from jobindsats_pandas.disclosure.messages import left_out, sum_error, told_unseen
from jobindsats_pandas.disclosure.places import with_gaps
from jobindsats_pandas.disclosure.scalars import small_sum, sum_at_once
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums, sums_allowed

__all__ = [
    "accumulated",
    "biased",
    "checked",
    "group_quantile",
    "grouped",
    "quantiles",
    "reduced",
    "sums_of",
]

Ids = NDArray[np.intp]

# Statistics that hidden cells bias; the largest cell, the count and the like they do not touch.
_BIASED = frozenset(
    ("mean median prod min std var sem skew kurt first last ohlc quantile idxmin rank cummin cumprod").split()  # noqa: SIM905 - a word a line would bury the rest
)
# Of a single cell these are that cell.
_OF_ONE = frozenset("mean median first last min max".split())  # noqa: SIM905
_KEPT = "computed on the others alone"
# So few cells are checked one by one.
_FEW = 64
# The sum of so many remembers them, so that it adds to other sums as they do.
_SEVERAL = 1 << 12
# Columns that were seen to hold one level of each dimension: whoever computes one statistic computes others too.
_OF_ONE_LEVEL: WeakSet[Cells] = WeakSet()


def checked(cells: Cells, ids: Ids | None, groups: int, operation: str, *, skipna: bool = True) -> SumCheck:
    """Check sums; raise where they may not be, warn of what is not in them.

    Where nothing is skipped, a sum that only hidden cells stand against is let through: it is hidden itself.
    """
    check = check_sums(cells, ids, groups)
    if sums_allowed():
        return check
    if not (check.valid or (check.only_hidden_stand_against and not skipna)):
        if adding_for_itself():
            return check
        raise _refusal(check, operation)
    if gaps := next(filter(None, (table.gaps() for table in check.tables)), ""):
        warn_hidden(f"{operation.partition(',')[0]}: {gaps}", about="gaps")
    if cells.left:
        warn_hidden(left_out(operation, cells.left))
    return check


def _refusal(check: SumCheck, operation: str) -> Exception:
    how = grouping()
    if how.units == "margins":
        operation = how.operation
    if check.ids is None or not operation.startswith("groupby"):
        return sum_error(check, operation, units="rows" if operation == "+" else "groups")
    return sum_error(check, operation.replace("groupby sum", how.operation), units=how.units, keys=how.keys)


def sums_of(check: SumCheck) -> Cells:
    """The sums that were checked; under `allow_sums`, that of a lone hidden cell is 0."""
    status = np.where(is_missing(check.status), np.uint8(CellStatus.DERIVED), check.status)
    registry, addresses = check.placed
    return Cells(check.totals, status, addresses, registry)


def reduced(cells: Cells, name: str, *, skipna: bool, keepdims: bool = False, **kwargs: Any) -> Any:
    """One of all: as cells of one where that is a cell (a sum, an extreme), or where dimensions are kept."""
    if name == "sum":
        min_count = kwargs.get("min_count", 0)
        few = 1 < len(cells) <= _FEW and min_count <= len(cells) and not (keepdims or sums_allowed())
        # Loops over groups sum a few cells at a time, thousands of times.
        if few and (quick := small_sum(cells)) is not None:
            return quick
        check = checked(cells, None, 1, name, skipna=skipna)
        shown = len(cells) - int(np.count_nonzero(cells.missing))
        if (
            check.valid
            and 1 < check.count[0] <= _SEVERAL
            and not keepdims
            and shown >= (min_count if skipna else len(cells))
        ):
            return sum_at_once(check.active, check.totals[0].item())
        return _sums(check, min_count, skipna=skipna)
    if name in {"min", "max"}:
        return _extreme(cells, name, skipna=skipna)
    if name in _BIASED:
        biased(cells, name)
    found = nullable(cells)._reduce(name, skipna=skipna, **kwargs)
    if name in {"any", "all"}:
        # As with NaN, what is not shown is true where it is not skipped.
        truth = np.bool_(True) if found is pd.NA else found
        return np.array([truth]) if keepdims else truth
    if not keepdims:
        return np.float64(np.nan) if found is pd.NA else found
    made = statistic(cells, pd.array([found], dtype="Float64"))
    return _kept_of_one(cells, name, made, np.zeros(len(cells), dtype=np.intp))


def _sums(check: SumCheck, min_count: int, *, skipna: bool) -> Cells:
    cells, ids, groups, sums = check.cells, check.ids, check.groups, sums_of(check)
    # pandas leaves a sum out where min_count or skipna says so.
    out = np.zeros(groups, dtype=bool)
    if min_count > 0:
        out = _count(~cells.missing, ids, groups) < min_count
    if not skipna:
        out |= _count(cells.missing, ids, groups) > 0
    if out.any():
        sums.status[out], sums.addresses[out] = CellStatus.HOLE, UNKNOWN
        if not sums_allowed():
            sums.status[check.bad] = _nothing_shown(cells, ids, groups)[check.bad]
    return replace(rewritten(cells, sums.values, sums.status, sums.addresses), registry=sums.registry)


def _count(mask: NDArray[np.bool_], ids: Ids | None, groups: int) -> NDArray[np.int64]:
    if ids is None:
        return np.array([np.count_nonzero(mask)])
    return np.bincount(ids[mask & (ids >= 0)], minlength=groups)


def _nothing_shown(cells: Cells, ids: Ids | None, groups: int) -> NDArray[np.uint8]:
    """The status of each group of which no cell is shown: the one that says most."""
    status = np.full(groups, CellStatus.HOLE, dtype=np.uint8)
    for one in (CellStatus.ABSENT, CellStatus.NOT_AVAILABLE, CellStatus.DISCRETIONISED):
        status[_count(cells.status == one, ids, groups) > 0] = one
    return status


def _extreme(cells: Cells, name: str, *, skipna: bool) -> Cells:
    missing = cells.missing
    if name == "min" and not missing.all():
        biased(cells, name)
    if missing.all() or (missing.any() and not skipna):
        made = with_gaps(cells, np.array([-1]))
        made.status[:] = _nothing_shown(cells, None, 1)
        return _kept_of_one(cells, name, made, np.zeros(len(cells), dtype=np.intp)) if missing.all() else made
    places = np.flatnonzero(~missing)
    best = getattr(np, f"arg{name}")(cells.values[places])
    return cells[places[[best]]]


def _kept_of_one(cells: Cells, name: str, result: Cells, ids: Ids) -> Cells:
    """Let the mean, the median, the first or an extreme of a single cell be that cell, hidden or not."""
    if name not in _OF_ONE:
        return result
    where = np.flatnonzero((ids >= 0) & (cells.status != CellStatus.HOLE))
    where = where[(np.bincount(ids[where], minlength=len(result)) == 1)[ids[where]]]
    codes = ids[where]
    result.values[codes] = cells.values[where]
    result.status[codes], result.addresses[codes] = cells.status[where], cells.addresses[where]
    hidden, others = _without_a_group(cells, ids)
    return result if others else replace(result, dropped=result.dropped + hidden)


def biased(
    cells: Cells,
    name: str,
    ids: Ids | None = None,
    groups: int = 1,
    *,
    kept: str = _KEPT,
) -> None:
    """Warn of what a statistic does not see, of guesses that it takes for numbers, and of totals among the parts."""
    count = len(cells)
    if ids is not None:
        # A group of one cell is that cell: nothing is left out of it.
        inside = ids >= 0
        several = inside & (np.bincount(ids[inside], minlength=groups) > 1)[ids]
        count = int(np.count_nonzero(inside))
        if not several.all():
            cells, ids = cells[several], ids[several]
    if counted(cells.status)[0] or (cells.dropped and len(cells)):

        def told(_called: str) -> str:
            # What describe() does with one group or column it does with all of them.
            over = gone_over(cells) if ids is None else [cells]
            unseen, every, changed = unseen_of(over)
            how = kept
            if changed:
                filled = any((one.status == CellStatus.FILLED).any() for one in over)
                how = "computed with the guesses as if they were numbers" if filled else _KEPT
            return f"{name}: {told_unseen(unseen, every if ids is None else count + cells.dropped, changed)}; {how}."

        warn_hidden(told)
    check = check_sums(cells, ids, groups)
    if name == "mean" and check.over_members_of_rates():
        warn_hidden(
            f"{name}: a mean of rates in which each of {count:,} cells counts alike, whatever stands behind it: no"
            " rate of them together. df.jobindsats.official_total() gives the published one, where there is one.",
            about="unweighted",
        )
    if cells in _OF_ONE_LEVEL:
        return
    if mixed := check.mixed_levels():
        warn_hidden(
            f"{name}: totals and their parts, or different levels, stand together in {', '.join(mixed)};"
            f" all {count:,} cells counted alike. df.jobindsats.without_totals() keeps one level.",
            about="mixed",
        )
    elif ids is None:
        _OF_ONE_LEVEL.add(cells)


def accumulated(cells: Cells, name: str, *, skipna: bool = True, **kwargs: Any) -> Cells:
    """Running sums, products and extremes."""
    if name == "cumsum":
        checked(cells, None, 1, "cumsum")
    elif name in _BIASED:
        biased(cells, name)
    return computed(cells, nullable(cells).copy()._accumulate(name, skipna=skipna, **kwargs))


def grouped(cells: Cells, *, how: str, ids: Ids, ngroups: int, min_count: int, **kwargs: Any) -> Any:
    """One of each group, or of each cell within its group; cells, or what pandas' own array gives where it is none."""
    if how in {"first", "last"}:
        return _first_or_last(cells, how, ids, ngroups, min_count, skipna=kwargs.get("skipna", True))
    if how == "sum":
        _mind_cells_without_a_group(cells, ids, ngroups)
        skipna = kwargs.get("skipna", True)
        check = checked(cells, ids, ngroups, "groupby sum", skipna=skipna)
        return _sums(check, min_count, skipna=skipna)
    if how == "cumsum":
        _mind_cells_without_a_group(cells, ids, ngroups)
        checked(cells, ids, ngroups, "groupby cumsum")
    elif how in _BIASED:
        biased(cells, how, ids, ngroups)
    plain = nullable(cells)._groupby_op(how=how, min_count=min_count, ngroups=ngroups, ids=ids, **kwargs)
    if how in {"any", "all", "rank", "idxmin", "idxmax", "ohlc"}:
        return plain
    if how in {"cumsum", "cumprod", "cummin", "cummax"}:
        return computed(cells, plain)
    if how in {"min", "max"}:
        result = of_no_cell(cells, plain)
        out = result.missing
        result.status[out] = _nothing_shown(cells, ids, ngroups)[out]
    else:
        result = statistic(cells, plain)
    return _kept_of_one(cells, how, result, ids)


def _without_a_group(cells: Cells, ids: Ids) -> tuple[int, int]:
    """How many hidden cells, and how many others, fell away because their key is missing."""
    outside = ids < 0
    hidden = count_hidden(cells.status[outside]) if outside.any() else 0
    return hidden, int(np.count_nonzero(outside)) - hidden


def _mind_cells_without_a_group(cells: Cells, ids: Ids, groups: int) -> None:
    """Refuse sums beside which only hidden cells fell away, their key missing; warn where visible ones did too."""
    hidden, others = _without_a_group(cells, ids)
    if not hidden or sums_allowed():
        return
    if not others:
        raise sum_error(
            check_sums(replace(cells, dropped=cells.dropped + hidden), ids, groups), "groupby sum"
        )
    warn_hidden(
        f"groupby sum: {hidden:,} hidden and {others:,} other cells belong to no group, for their key is missing."
    )


def _first_or_last(cells: Cells, how: str, ids: Ids, groups: int, min_count: int, *, skipna: bool) -> Cells:
    biased(cells, how, ids, groups)
    rows = np.flatnonzero((ids >= 0) & ~(cells.missing if skipna else False))
    places = np.full(groups, -1, dtype=np.intp)
    # Of several writes to one place the last stands.
    rows_in_order = rows[::-1] if how == "first" else rows
    places[ids[rows_in_order]] = rows_in_order
    places[np.bincount(ids[rows], minlength=groups) < min_count] = -1
    result, out = with_gaps(cells, places), places < 0
    result.status[out] = _nothing_shown(cells, ids, groups)[out]
    return _kept_of_one(cells, how, result, ids)


def group_quantile(cells: Cells, **kwargs: Any) -> Cells:
    """Quantiles of groups."""
    biased(cells, "quantile")
    return statistic(cells, nullable(cells)._groupby_quantile(**kwargs))


def quantiles(cells: Cells, qs: NDArray[np.float64], interpolation: str) -> Cells:
    """Quantiles of all cells."""
    biased(cells, "quantile")
    numbers = pd.Series(nullable(converted(cells, whole=False)))
    return statistic(cells, numbers.quantile(qs, interpolation=cast("Any", interpolation)).array)
