"""Sums, which are checked, and statistics, which warn of what they do not see."""

# ruff: noqa: SLF001 - an array may look inside others of its kind, and pandas' hooks are private by name

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.addresses import STATISTIC, UNKNOWN
from jobindsats_pandas.disclosure.arithmetic import derived_status
from jobindsats_pandas.disclosure.building import blanked, is_na
from jobindsats_pandas.disclosure.callers import (
    gone_over,
    grouping,
    warn_gaps,
    warn_hidden,
    warn_mixed,
    warn_unweighted,
)
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    count_hidden,
    is_hidden,
    is_missing,
    unknown_addresses,
)
from jobindsats_pandas.disclosure.messages import some, sum_error
from jobindsats_pandas.disclosure.scalars import small_sum
from jobindsats_pandas.disclosure.storage import Storage
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums, sums_allowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Reductions"]

# Statistics that hidden cells bias; the largest cell, the count and the like they do not touch.
_BIASED = frozenset(
    ("mean median prod min std var sem skew kurt first last ohlc quantile idxmin rank cummin cumprod").split()  # noqa: SIM905 - a word a line would bury the rest
)


# So few cells are checked one by one.
_FEW = 64
# Of a single cell these are that cell.
_OF_ONE = frozenset("mean median first last min max".split())  # noqa: SIM905


class Reductions(Storage):
    """Many cells to one: alone, in groups, running."""

    def _check(self, ids: NDArray[np.intp] | None, groups: int, operation: str) -> SumCheck:
        check = check_sums(self.cells, ids, groups)
        if not sums_allowed():
            if not check.valid:
                raise _refusal(check, operation)
            if gaps := next(filter(None, (table.gaps() for table in check.tables)), ""):
                warn_gaps(f"{operation.partition(',')[0]}: {gaps}")
            if self._left:
                warn_hidden(
                    f"{operation}: hidden cells are not in it, for the rows of {some(list(self._left))} were left out."
                )
        return check

    def _sum(self, check: SumCheck) -> Self:
        totals = check.totals
        return self._of(Cells(totals, _without_missing(check.status), check.addresses, self._registry))

    def _reduce(self, name: str, *, skipna: bool = True, keepdims: bool = False, **kwargs: Any) -> Any:
        if name == "sum":
            few = not keepdims and 1 < len(self) <= _FEW and kwargs.get("min_count", 0) <= len(self)
            # Loops over groups sum a few cells at a time, thousands of times.
            if few and not sums_allowed() and (quick := small_sum(self.cells)) is not None:
                return quick
            result = self._reduced_sum(skipna=skipna, min_count=kwargs.get("min_count", 0))
        elif name in ("min", "max"):
            result = self._extreme(name, skipna=skipna)
        else:
            if name in _BIASED:
                self._warn_biased(name)
            number = self._plain_array()._reduce(name, skipna=skipna, **kwargs)
            if name in ("any", "all"):
                # As with NaN, what is not shown is true where it is not skipped.
                truth = np.bool_(True) if number is pd.NA else number
                return np.array([truth]) if keepdims else truth
            if not keepdims:
                return np.float64(np.nan) if number is pd.NA else number
            result = self._kept_of_one(name, self._statistic([number]), np.zeros(len(self), dtype=np.intp))
        return result if keepdims else result[0]

    def _reduced_sum(self, *, skipna: bool, min_count: int) -> Self:
        check = self._check_or_hide(None, 1, "sum", skipna=skipna)
        visible = len(self) - int(np.count_nonzero(is_missing(self._status)))
        if check.bad[0] and not sums_allowed():
            return self._nothing_shown(None, 1)
        if visible < min_count or (not skipna and self._hasna):
            return type(self)._from_sequence([np.nan], dtype=self.dtype)
        return self._sum(check)

    def _check_or_hide(
        self, ids: NDArray[np.intp] | None, groups: int, operation: str, *, skipna: bool
    ) -> SumCheck:
        """Check sums; where nothing is skipped, those that only hidden cells stand against are hidden themselves."""
        if skipna or sums_allowed():
            return self._check(ids, groups, operation)
        check = check_sums(self.cells, ids, groups)
        if not check.only_hidden_stand_against:
            raise _refusal(check, operation)
        return check

    def _nothing_shown(self, ids: NDArray[np.intp] | None, groups: int) -> Self:
        """For each group what stands for its cells where none of them is shown: the one that says most."""
        status = np.full(groups, CellStatus.HOLE, dtype=np.uint8)
        for one in (CellStatus.ABSENT, CellStatus.NOT_AVAILABLE, CellStatus.DISCRETIONISED):
            where = np.flatnonzero(self._status == one)
            codes = np.zeros(len(where), dtype=np.intp) if ids is None else ids[where]
            status[codes[codes >= 0]] = one
        values = np.full(groups, 1 if self.dtype.kind == "i" else np.nan, dtype=self._numbers.dtype)
        return self._with(values, status, unknown_addresses(groups))

    def _extreme(self, name: str, *, skipna: bool) -> Self:
        missing = is_missing(self._status)
        if name == "min" and not missing.all():
            self._warn_biased(name)
        if missing.all() or (missing.any() and not skipna):
            one = np.flatnonzero(self._status != CellStatus.HOLE)
            return self.take(one) if len(one) == 1 else self._nothing_shown(None, 1)
        places = np.flatnonzero(~missing)
        best = getattr(np, f"arg{name}")(self._numbers[places])
        return self.take([places[best]])

    def _statistic(self, values: Any) -> Self:
        """Numbers that belong to no cell and are of kind none."""
        decimal = np.array([np.nan if is_na(value) else value for value in values], dtype=np.float64)
        status = np.where(np.isnan(decimal), CellStatus.NOT_AVAILABLE, CellStatus.DERIVED).astype(np.uint8)
        return self._with(decimal, status, np.full(len(decimal), STATISTIC))

    def _kept_of_one(self, name: str, result: Self, ids: NDArray[np.intp]) -> Self:
        """Let the mean, the median, the first or an extreme of a single cell be that cell, hidden or not."""
        if name not in _OF_ONE:
            return result
        where = np.flatnonzero((ids >= 0) & (self._status != CellStatus.HOLE))
        single = np.bincount(ids[where], minlength=len(result)) == 1
        if not single.any():
            return result
        where = where[single[ids[where]]]
        codes = ids[where]
        result._numbers[codes] = self._numbers[where]
        result._status[codes], result._addresses[codes] = self._status[where], self._addresses[where]
        return result

    def _warn_biased(
        self, name: str, ids: NDArray[np.intp] | None = None, groups: int = 1, *, dropped: int = 0
    ) -> None:
        """Warn of what a statistic does not see, and of totals among the parts."""
        seen: Any = self
        count = len(self) + dropped
        if ids is not None:
            # A group of one cell is that cell: nothing is left out of it.
            inside = ids >= 0
            several = inside & (np.bincount(ids[inside], minlength=groups) > 1)[ids]
            count = int(np.count_nonzero(inside))
            seen, ids = self if several.all() else self[several], ids[several]
        if count_hidden(seen._status) + dropped:

            def told() -> str:
                # What describe() does with one group or column it does with all of them.
                over = gone_over(self) if ids is None else [seen]
                gone = sum(one._dropped for one in over) if dropped else 0
                hidden = gone + sum(count_hidden(one._status) for one in over)
                cells = gone + sum(map(len, over)) if ids is None else count
                return f"{name}: {hidden:,} of {cells:,} cells are hidden or not available; computed on the others alone."

            warn_hidden(told)
        if name == "mean" and check_sums(seen.cells, ids, groups).over_members_of_rates():
            warn_unweighted(
                f"{name}: a mean of rates in which each of {count:,} cells counts alike, whatever stands behind it: no"
                " rate of them together. df.jobindsats.official_total() gives the published one, where there is one."
            )
        if mixed := seen._mixed_levels(ids, groups):
            warn_mixed(
                f"{name}: totals and their parts, or different levels, stand together in {', '.join(mixed)};"
                f" all {count:,} cells counted alike. df.jobindsats.without_totals() keeps one level."
            )

    def _mixed_levels(self, ids: NDArray[np.intp] | None = None, groups: int = 1) -> list[str]:
        if self._uniform:
            return []
        mixed = check_sums(self.cells, ids, groups).mixed_levels()
        if ids is None:
            self._uniform = not mixed
        return mixed

    def _accumulate(self, name: str, *, skipna: bool = True, **kwargs: Any) -> Self:
        if name == "cumsum":
            self._check(None, 1, "cumsum")
        elif name in _BIASED:
            self._warn_biased(name)
        plain = self._plain_array().copy()._accumulate(name, skipna=skipna, **kwargs)
        return self._computed(plain, self._status)

    def _groupby_op(
        self,
        *,
        how: str,
        has_dropped_na: bool,
        min_count: int,
        ngroups: int,
        ids: NDArray[np.intp],
        **kwargs: Any,
    ) -> Any:
        skipna = kwargs.get("skipna", True)
        if how in ("first", "last"):
            return self._first_or_last(how, ids, ngroups, min_count, skipna=skipna)
        if how == "sum":
            self._mind_cells_without_a_group(ids)
            check = self._check_or_hide(ids, ngroups, "groupby sum", skipna=skipna)
        elif how == "cumsum":
            self._check(ids, ngroups, "groupby cumsum")
        elif how in _BIASED:
            self._warn_biased(how, ids, ngroups)
        plain = self._plain_array()._groupby_op(
            how=how, has_dropped_na=has_dropped_na, min_count=min_count, ngroups=ngroups, ids=ids, **kwargs
        )
        if how == "sum":
            return self._group_sums(plain, check, ids)
        if how in ("any", "all", "rank", "idxmin", "idxmax", "ohlc"):
            return plain
        if how in ("cumsum", "cumprod", "cummin", "cummax"):
            return self._computed(plain, self._status)
        if how in ("min", "max"):
            result = self._computed(plain, None)
            out = np.flatnonzero(is_missing(result._status))
            result._status[out] = self._nothing_shown(ids, ngroups)._status[out]
        else:
            result = self._statistic(plain.to_numpy(np.float64, na_value=np.nan))
        return self._kept_of_one(how, result, ids)

    def _mind_cells_without_a_group(self, ids: NDArray[np.intp]) -> None:
        """Refuse sums beside which only hidden cells fell away, their key missing; warn where visible ones did too."""
        outside = ids < 0
        hidden = int(np.count_nonzero(outside & is_hidden(self._status)))
        if not hidden or sums_allowed():
            return
        others = int(np.count_nonzero(outside)) - hidden
        if not others:
            dropped = replace(self.cells, dropped=self._dropped + hidden)
            raise sum_error(check_sums(dropped, ids, int(ids.max()) + 1 if len(ids) else 1), "groupby sum")
        warn_hidden(
            f"groupby sum: {hidden:,} hidden and {others:,} other cells belong to no group, for their key is missing."
        )

    def _group_sums(self, plain: Any, check: SumCheck, ids: NDArray[np.intp]) -> Self:
        # pandas leaves a sum out where min_count or skipna says so.
        out = plain.isna()
        totals = plain.to_numpy(self._numbers.dtype, na_value=1 if self.dtype.kind == "i" else np.nan)
        status = _without_missing(check.status)
        if out.any():
            bad = np.zeros_like(out) if sums_allowed() else check.bad
            status = np.where(out, np.uint8(CellStatus.HOLE), status)
            status[bad] = self._nothing_shown(ids, len(out))._status[bad]
        return self._with(totals, status, np.where(out, UNKNOWN, check.addresses))

    def _first_or_last(
        self, how: str, ids: NDArray[np.intp], groups: int, min_count: int, *, skipna: bool
    ) -> Self:
        self._warn_biased(how, ids, groups)
        eligible = ids >= 0
        if skipna:
            eligible &= ~is_missing(self._status)
        rows = np.flatnonzero(eligible)
        places = np.full(groups, -1, dtype=np.intp)
        # Of several writes to one place the last stands.
        rows_in_order = rows[::-1] if how == "first" else rows
        places[ids[rows_in_order]] = rows_in_order
        if min_count > 1:
            places[np.bincount(ids[rows], minlength=groups) < min_count] = -1
        if (places >= 0).all():
            return self.take(places)
        result = self._take_with_gaps(places, None)
        empty = places < 0
        nothing = self._nothing_shown(ids, groups)
        result._status[empty] = nothing._status[empty]
        return self._kept_of_one(how, result, ids)

    def _groupby_quantile(self, **kwargs: Any) -> Any:
        self._warn_biased("quantile")
        plain = self._plain_array()._groupby_quantile(**kwargs)
        return self._statistic(plain.to_numpy(np.float64, na_value=np.nan))

    def sum(self, *, axis: int | None = None, skipna: bool = True, min_count: int = 0, **kwargs: Any) -> Any:
        """Add the cells up, or raise `InvalidSumError`."""
        return self._reduce("sum", skipna=skipna, min_count=min_count)

    def _quantile(self, qs: NDArray[np.float64], interpolation: str) -> Self:
        self._warn_biased("quantile")
        quantiles = pd.Series(self._decimal_array()).quantile(qs, interpolation=cast("Any", interpolation))
        return self._statistic(quantiles.to_numpy(np.float64, na_value=np.nan))

    def _mode(self, dropna: bool = True) -> Self:
        found = pd.Series(self._plain_array()).mode(dropna=dropna)
        uniques = self.factorize()[1]
        places = pd.Series(np.arange(len(uniques)), index=pd.Index(uniques._plain_array())).reindex(found)
        if places.isna().any():
            return self._computed(found.array, None)
        return uniques.take(places.to_numpy(np.intp))

    def argmin(self, skipna: bool = True) -> int:
        """Return the place of the smallest visible cell; hidden ones are smaller, so it warns of them."""
        self._warn_biased("argmin")
        return int(super().argmin(skipna))  # type: ignore[misc]

    def _rank(self, **kwargs: Any) -> Any:
        self._warn_biased("rank")
        kwargs.pop("axis", None)
        return pd.Series(self._plain_array()).rank(**kwargs).to_numpy(np.float64, na_value=np.nan)

    def _computed(self, plain: Any, status: NDArray[np.uint8] | None) -> Self:
        """Numbers computed from the cells, of unknown address."""
        missing = plain.isna()
        values = plain.to_numpy(np.float64 if plain.dtype.kind == "f" else np.int64, na_value=1)
        own = status
        if status is None:
            status = np.where(missing, np.uint8(CellStatus.NOT_AVAILABLE), np.uint8(CellStatus.DERIVED))
        else:
            status = derived_status(status)
            status = np.where(missing & ~is_missing(status), np.uint8(CellStatus.NOT_AVAILABLE), status)
            status = np.where(~missing & is_missing(status), np.uint8(CellStatus.DERIVED), status)
        addresses = unknown_addresses(len(values))
        if own is not None:
            # What came out as the very number of a cell is that cell.
            same = ~missing & (values == self._numbers) & ~is_missing(self._status)
            status, addresses = (
                np.where(same, self._status, status),
                np.where(same, self._addresses, addresses),
            )
        return self._with(blanked(values, status), status, addresses)


def _refusal(check: SumCheck, operation: str) -> Exception:
    how = grouping()
    if how.units == "margins":
        operation = how.operation
    if check.ids is None or not operation.startswith("groupby"):
        return sum_error(check, operation)
    return sum_error(check, operation.replace("groupby sum", how.operation), units=how.units, keys=how.keys)


def _without_missing(status: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Statuses of sums: under `allow_sums`, that of a lone hidden cell is 0."""
    return np.where(is_missing(status), np.uint8(CellStatus.DERIVED), status)
