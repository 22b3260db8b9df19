"""Many cells to one: sums, which are checked, and statistics, which warn of what they do not see."""

# ruff: noqa: SLF001 - pandas' nullable arrays compute through hooks that are private by name

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.addresses import UNKNOWN
from jobindsats_pandas.disclosure.callers import grouping, warn_gaps, warn_hidden, warn_mixed, warn_unweighted
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    count_hidden,
    is_hidden,
    is_missing,
    unknown_addresses,
)
from jobindsats_pandas.disclosure.messages import some, sum_error
from jobindsats_pandas.disclosure.nullable import (
    computed,
    decimals,
    is_whole,
    nullable,
    of_no_cell,
    rewritten,
    statistic,
)
from jobindsats_pandas.disclosure.places import with_gaps
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums, sums_allowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

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

# Statistics that hidden cells bias; the largest cell, the count and the like they do not touch.
_BIASED = frozenset(
    ("mean median prod min std var sem skew kurt first last ohlc quantile idxmin rank cummin cumprod").split()  # noqa: SIM905 - a word a line would bury the rest
)
# Of a single cell these are that cell.
_OF_ONE = frozenset("mean median first last min max".split())  # noqa: SIM905


def checked(cells: Cells, ids: NDArray[np.intp] | None, groups: int, operation: str) -> SumCheck:
    """Check sums; raise where they may not be, warn of what is not in them."""
    check = check_sums(cells, ids, groups)
    if not sums_allowed():
        if not check.valid:
            raise _refusal(check, operation)
        if gaps := next(filter(None, (table.gaps() for table in check.tables)), ""):
            warn_gaps(f"{operation.partition(',')[0]}: {gaps}")
        if cells.left:
            warn_hidden(
                f"{operation}: hidden cells are not in it, for the rows of {some(list(cells.left))} were left out."
            )
    return check


def _checked_or_hidden(
    cells: Cells, ids: NDArray[np.intp] | None, groups: int, operation: str, *, skipna: bool
) -> SumCheck:
    """Check sums; where nothing is skipped, those that only hidden cells stand against are hidden themselves."""
    if skipna or sums_allowed():
        return checked(cells, ids, groups, operation)
    check = check_sums(cells, ids, groups)
    if not check.only_hidden_stand_against:
        raise _refusal(check, operation)
    return check


def _refusal(check: SumCheck, operation: str) -> Exception:
    how = grouping()
    if how.units == "margins":
        operation = how.operation
    if check.ids is None or not operation.startswith("groupby"):
        return sum_error(check, operation)
    return sum_error(check, operation.replace("groupby sum", how.operation), units=how.units, keys=how.keys)


def sums_of(check: SumCheck) -> Cells:
    """The sums that were checked; under `allow_sums`, that of a lone hidden cell is 0."""
    status = np.where(is_missing(check.status), np.uint8(CellStatus.DERIVED), check.status)
    return Cells(check.totals, status, check.addresses, check.cells.registry)


def reduced(cells: Cells, name: str, *, skipna: bool, min_count: int = 0, **kwargs: Any) -> Any:
    """One of all: as a cell where it is one (a sum, an extreme), as a number or a truth else."""
    if name == "sum":
        return _sum(cells, skipna=skipna, min_count=min_count)
    if name in {"min", "max"}:
        return _extreme(cells, name, skipna=skipna)
    if name in _BIASED:
        biased(cells, name)
    found = nullable(cells)._reduce(name, skipna=skipna, **kwargs)
    if name in {"any", "all"}:
        # As with NaN, what is not shown is true where it is not skipped.
        return np.bool_(True) if found is pd.NA else found
    return np.float64(np.nan) if found is pd.NA else found


def of_one(cells: Cells, name: str, number: Any) -> Cells:
    """A statistic of all cells as a column of one; of a single cell it may be that cell."""
    made = statistic(cells, pd.array([number], dtype="Float64"))
    return _kept_of_one(cells, name, made, np.zeros(len(cells), dtype=np.intp))


def _sum(cells: Cells, *, skipna: bool, min_count: int) -> Cells:
    check = _checked_or_hidden(cells, None, 1, "sum", skipna=skipna)
    missing = int(np.count_nonzero(is_missing(cells.status)))
    if check.bad[0] and not sums_allowed():
        return _nothing_shown(cells, None, 1)
    if len(cells) - missing < min_count or (missing and not skipna):
        return with_gaps(cells, np.array([-1]))
    return sums_of(check)


def _nothing_shown(cells: Cells, ids: NDArray[np.intp] | None, groups: int) -> Cells:
    """For each group what stands for its cells where none of them is shown: the one that says most."""
    status = np.full(groups, CellStatus.HOLE, dtype=np.uint8)
    for one in (CellStatus.ABSENT, CellStatus.NOT_AVAILABLE, CellStatus.DISCRETIONISED):
        where = np.flatnonzero(cells.status == one)
        codes = np.zeros(len(where), dtype=np.intp) if ids is None else ids[where]
        status[codes[codes >= 0]] = one
    values = np.full(groups, 1 if is_whole(cells) else np.nan, dtype=cells.values.dtype)
    return rewritten(cells, values, status, unknown_addresses(groups))


def _extreme(cells: Cells, name: str, *, skipna: bool) -> Cells:
    missing = is_missing(cells.status)
    if name == "min" and not missing.all():
        biased(cells, name)
    if missing.all() or (missing.any() and not skipna):
        one = np.flatnonzero(cells.status != CellStatus.HOLE)
        return cells[one] if len(one) == 1 else _nothing_shown(cells, None, 1)
    places = np.flatnonzero(~missing)
    best = getattr(np, f"arg{name}")(cells.values[places])
    return cells[places[[best]]]


def _kept_of_one(cells: Cells, name: str, result: Cells, ids: NDArray[np.intp]) -> Cells:
    """Let the mean, the median, the first or an extreme of a single cell be that cell, hidden or not."""
    if name not in _OF_ONE:
        return result
    where = np.flatnonzero((ids >= 0) & (cells.status != CellStatus.HOLE))
    where = where[(np.bincount(ids[where], minlength=len(result)) == 1)[ids[where]]]
    codes = ids[where]
    result.values[codes] = cells.values[where]
    result.status[codes], result.addresses[codes] = cells.status[where], cells.addresses[where]
    return result


def biased(
    cells: Cells, name: str, ids: NDArray[np.intp] | None = None, groups: int = 1, *, dropped: int = 0
) -> None:
    """Warn of what a statistic does not see, and of totals among the parts."""
    count = len(cells) + dropped
    if ids is not None:
        # A group of one cell is that cell: nothing is left out of it.
        inside = ids >= 0
        several = inside & (np.bincount(ids[inside], minlength=groups) > 1)[ids]
        count = int(np.count_nonzero(inside))
        if not several.all():
            cells, ids = cells[several], ids[several]
    if hidden := count_hidden(cells.status) + dropped:
        warn_hidden(
            f"{name}: {hidden:,} of {count:,} cells are hidden or not available; computed on the others alone."
        )
    check = check_sums(cells, ids, groups)
    if name == "mean" and check.over_members_of_rates():
        warn_unweighted(
            f"{name}: a mean of rates in which each of {count:,} cells counts alike, whatever stands behind it: no"
            " rate of them together. df.jobindsats.official_total() gives the published one, where there is one."
        )
    if mixed := check.mixed_levels():
        warn_mixed(
            f"{name}: totals and their parts, or different levels, stand together in {', '.join(mixed)};"
            f" all {count:,} cells counted alike. df.jobindsats.without_totals() keeps one level."
        )


def accumulated(cells: Cells, name: str, *, skipna: bool, **kwargs: Any) -> Cells:
    """Running sums, products and extremes."""
    if name == "cumsum":
        checked(cells, None, 1, "cumsum")
    elif name in _BIASED:
        biased(cells, name)
    return computed(cells, nullable(cells).copy()._accumulate(name, skipna=skipna, **kwargs))


def grouped(cells: Cells, how: str, ids: NDArray[np.intp], groups: int, min_count: int, **kwargs: Any) -> Any:
    """One of each group, or of each cell within its group; cells, or what pandas' own array gives where it is none."""
    if how in {"first", "last"}:
        return _first_or_last(cells, how, ids, groups, min_count, skipna=kwargs.get("skipna", True))
    if how == "sum":
        return _group_sums(cells, ids, groups, min_count, skipna=kwargs.get("skipna", True))
    if how == "cumsum":
        checked(cells, ids, groups, "groupby cumsum")
    elif how in _BIASED:
        biased(cells, how, ids, groups)
    plain = nullable(cells)._groupby_op(how=how, min_count=min_count, ngroups=groups, ids=ids, **kwargs)
    if how in {"any", "all", "rank", "idxmin", "idxmax", "ohlc"}:
        return plain
    if how in {"cumsum", "cumprod", "cummin", "cummax"}:
        return computed(cells, plain)
    if how in {"min", "max"}:
        result = of_no_cell(cells, plain)
        out = is_missing(result.status)
        result.status[out] = _nothing_shown(cells, ids, groups).status[out]
    else:
        result = statistic(cells, plain)
    return _kept_of_one(cells, how, result, ids)


def _mind_cells_without_a_group(cells: Cells, ids: NDArray[np.intp], groups: int) -> None:
    """Refuse sums beside which only hidden cells fell away, their key missing; warn where visible ones did too."""
    outside = ids < 0
    hidden = int(np.count_nonzero(outside & is_hidden(cells.status)))
    if not hidden or sums_allowed():
        return
    others = int(np.count_nonzero(outside)) - hidden
    if not others:
        raise sum_error(
            check_sums(replace(cells, dropped=cells.dropped + hidden), ids, groups), "groupby sum"
        )
    warn_hidden(
        f"groupby sum: {hidden:,} hidden and {others:,} other cells belong to no group, for their key is missing."
    )


def _group_sums(cells: Cells, ids: NDArray[np.intp], groups: int, min_count: int, *, skipna: bool) -> Cells:
    _mind_cells_without_a_group(cells, ids, groups)
    check = _checked_or_hidden(cells, ids, groups, "groupby sum", skipna=skipna)
    sums = sums_of(check)
    # pandas leaves a sum out where min_count or skipna says so.
    missing = is_missing(cells.status)
    out = np.zeros(groups, dtype=bool)
    if min_count > 0:
        out = np.bincount(ids[(ids >= 0) & ~missing], minlength=groups) < min_count
    if not skipna:
        out |= np.bincount(ids[(ids >= 0) & missing], minlength=groups) > 0
    if out.any():
        sums.status[out], sums.addresses[out] = CellStatus.HOLE, UNKNOWN
        if not sums_allowed():
            sums.status[check.bad] = _nothing_shown(cells, ids, groups).status[check.bad]
    return rewritten(cells, sums.values, sums.status, sums.addresses)


def _first_or_last(
    cells: Cells, how: str, ids: NDArray[np.intp], groups: int, min_count: int, *, skipna: bool
) -> Cells:
    biased(cells, how, ids, groups)
    rows = np.flatnonzero((ids >= 0) & ~(is_missing(cells.status) if skipna else False))
    places = np.full(groups, -1, dtype=np.intp)
    # Of several writes to one place the last stands.
    rows_in_order = rows[::-1] if how == "first" else rows
    places[ids[rows_in_order]] = rows_in_order
    places[np.bincount(ids[rows], minlength=groups) < min_count] = -1
    result, empty = with_gaps(cells, places), places < 0
    result.status[empty] = _nothing_shown(cells, ids, groups).status[empty]
    return _kept_of_one(cells, how, result, ids)


def group_quantile(cells: Cells, **kwargs: Any) -> Cells:
    """Quantiles of groups."""
    biased(cells, "quantile")
    return statistic(cells, nullable(cells)._groupby_quantile(**kwargs))


def quantiles(cells: Cells, qs: NDArray[np.float64], interpolation: str) -> Cells:
    """Quantiles of all cells."""
    biased(cells, "quantile")
    return statistic(
        cells, pd.Series(decimals(cells)).quantile(qs, interpolation=cast("Any", interpolation)).array
    )
