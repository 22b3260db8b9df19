"""Sums, which are checked, and statistics, which warn of what they do not see."""

# ruff: noqa: SLF001 - an array may look inside others of its kind, and pandas' hooks are private by name

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.arithmetic import derived_status
from jobindsats_pandas.disclosure.building import blanked, is_na
from jobindsats_pandas.disclosure.callers import warn_hidden, warn_mixed
from jobindsats_pandas.disclosure.cells import CellStatus, count_hidden, is_hidden, is_missing, unknown_parts
from jobindsats_pandas.disclosure.messages import sum_error
from jobindsats_pandas.disclosure.parts import STATISTIC, UNKNOWN
from jobindsats_pandas.disclosure.storage import Storage
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums, sums_allowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Reductions"]

# Statistics that hidden cells bias; the largest cell, the count and the like they do not touch.
_BIASED = frozenset(
    ("mean median prod min std var sem skew kurt first last ohlc quantile idxmin cummin cumprod").split()  # noqa: SIM905 - a word a line would bury the rest
)


class Reductions(Storage):
    """Many cells to one: alone, in groups, running."""

    def _check(self, ids: NDArray[np.intp] | None, groups: int, operation: str) -> SumCheck:
        check = check_sums(self.cells, ids, groups)
        if not sums_allowed() and not check.valid:
            raise sum_error(check, operation)
        return check

    def _sum(self, check: SumCheck) -> Self:
        totals = check.totals
        return self._simple_new(totals, _without_missing(check.status), check.parts, self._registry)

    def _reduce(self, name: str, *, skipna: bool = True, keepdims: bool = False, **kwargs: Any) -> Any:
        if name == "sum":
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
            result = self._statistic([number])
        return result if keepdims else result[0]

    def _reduced_sum(self, *, skipna: bool, min_count: int) -> Self:
        check = self._check(None, 1, "sum")
        visible = len(self) - int(np.count_nonzero(is_missing(self._status)))
        if visible < min_count or (not skipna and self._hasna):
            return type(self)._from_sequence([np.nan], dtype=self.dtype)
        return self._sum(check)

    def _extreme(self, name: str, *, skipna: bool) -> Self:
        if name == "min":
            self._warn_biased(name)
        missing = is_missing(self._status)
        if missing.all() or (missing.any() and not skipna):
            return self.take([]).take(np.array([-1]), allow_fill=True)
        places = np.flatnonzero(~missing)
        best = getattr(np, f"arg{name}")(self._numbers[places])
        return self.take([places[best]])

    def _statistic(self, values: Any) -> Self:
        """Numbers that belong to no cell and are of kind none."""
        decimal = np.array([np.nan if is_na(value) else value for value in values], dtype=np.float64)
        status = np.where(np.isnan(decimal), CellStatus.NOT_AVAILABLE, CellStatus.DERIVED).astype(np.uint8)
        return self._simple_new(decimal, status, np.full(len(decimal), STATISTIC), self._registry)

    def _warn_biased(self, name: str) -> None:
        """Warn of what a statistic does not see, and of totals among the parts."""
        if hidden := count_hidden(self._status):
            warn_hidden(
                f"{name}: {hidden:,} of {len(self):,} cells are hidden or not available; computed on the others alone."
            )
        if mixed := self._mixed_levels():
            warn_mixed(
                f"{name}: totals and their parts, or different levels, stand together in {', '.join(mixed)};"
                f" all {len(self):,} cells counted alike. df.jobindsats.without_totals() keeps one level."
            )

    def _mixed_levels(self) -> list[str]:
        if self._uniform:
            return []
        tables = check_sums(self.cells).tables
        mixed = [t.space.dimensions[place].name for t in tables for place in t.mixed_levels()]
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
        if how == "sum":
            check = self._check(ids, ngroups, "groupby sum")
            plain = self._plain_array()._groupby_op(
                how=how,
                has_dropped_na=has_dropped_na,
                min_count=min_count,
                ngroups=ngroups,
                ids=ids,
                **kwargs,
            )
            # pandas leaves a sum out where min_count or skipna says so.
            out = plain.isna()
            totals = plain.to_numpy(self._numbers.dtype, na_value=1 if self.dtype.kind == "i" else np.nan)
            status = np.where(out, np.uint8(CellStatus.ABSENT), _without_missing(check.status))
            return self._simple_new(totals, status, np.where(out, UNKNOWN, check.parts), self._registry)
        if how in ("first", "last"):
            self._warn_biased(how)
            result = super()._groupby_first_last(  # type: ignore[misc]
                how=how, min_count=min_count, ngroups=ngroups, ids=ids, skipna=kwargs.get("skipna", True)
            )
            return self._hidden_where_nothing_is_shown(result, ids)
        if how == "cumsum":
            self._check(ids, ngroups, "groupby cumsum")
        elif how in _BIASED:
            self._warn_biased(how)
        plain = self._plain_array()._groupby_op(
            how=how, has_dropped_na=has_dropped_na, min_count=min_count, ngroups=ngroups, ids=ids, **kwargs
        )
        if how in ("any", "all", "rank", "idxmin", "idxmax", "ohlc"):
            return plain
        if how in ("cumsum", "cumprod", "cummin", "cummax"):
            return self._computed(plain, self._status)
        if how in ("min", "max"):
            return self._computed(plain, None)
        return self._statistic(plain.to_numpy(np.float64, na_value=np.nan))

    def _hidden_where_nothing_is_shown(self, result: Self, ids: NDArray[np.intp]) -> Self:
        """Let a group of hidden cells alone give one of them, rather than nothing."""
        some = np.full(len(result), -1, dtype=np.intp)
        hidden = np.flatnonzero(is_hidden(self._status) & (ids >= 0))
        some[ids[hidden]] = hidden
        empty = np.flatnonzero((result._status == CellStatus.ABSENT) & (some >= 0))
        if len(empty):
            result[empty] = self.take(some[empty])
        return result

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
        return self._computed(pd.Series(self._plain_array()).mode(dropna=dropna).array, None)

    def _rank(self, **kwargs: Any) -> Any:
        kwargs.pop("axis", None)
        return pd.Series(self._plain_array()).rank(**kwargs).to_numpy(np.float64, na_value=np.nan)

    def _computed(self, plain: Any, status: NDArray[np.uint8] | None) -> Self:
        """Numbers computed from the cells, of unknown part."""
        missing = plain.isna()
        values = plain.to_numpy(np.float64 if plain.dtype.kind == "f" else np.int64, na_value=1)
        if status is None:
            status = np.where(missing, np.uint8(CellStatus.NOT_AVAILABLE), np.uint8(CellStatus.DERIVED))
        else:
            status = derived_status(status)
            status = np.where(missing & ~is_missing(status), np.uint8(CellStatus.ABSENT), status)
            status = np.where(~missing & is_missing(status), np.uint8(CellStatus.DERIVED), status)
        return self._simple_new(
            blanked(values, status), status, unknown_parts(len(values)), self._registry, self._dropped
        )


def _without_missing(status: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Statuses of sums: under `allow_sums`, that of a lone hidden cell is 0."""
    return np.where(is_missing(status), np.uint8(CellStatus.DERIVED), status)
