"""Arithmetic and comparison, numpy's functions, and the filling of what is not shown."""

# ruff: noqa: SLF001 - an array may look inside others of its kind, and pandas' hooks are private by name

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray
from pandas.api.types import is_list_like

from jobindsats_pandas.disclosure.addresses import NOTHING, UNKNOWN
from jobindsats_pandas.disclosure.arithmetic import (
    derived_status,
    negated,
    paired_addresses,
    paired_status,
    rounded_addresses,
    zero_where_left_out,
)
from jobindsats_pandas.disclosure.building import blanked, is_na
from jobindsats_pandas.disclosure.callers import pairing, warn_removed
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, is_missing, unknown_addresses
from jobindsats_pandas.disclosure.leaving import Leaving
from jobindsats_pandas.disclosure.scalars import Cell, scalar_addresses
from jobindsats_pandas.disclosure.storage import DECIMAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Operators"]

_UFUNCS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "true_divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "mod": "mod",
    "power": "pow",
    "divmod": "divmod",
    "matmul": "matmul",
    "equal": "eq",
    "not_equal": "ne",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "negative": "neg",
    "positive": "pos",
    "absolute": "abs",
}
_REFLECTED = {
    "eq": "__eq__",
    "ne": "__ne__",
    "lt": "__gt__",
    "le": "__ge__",
    "gt": "__lt__",
    "ge": "__le__",
}
_ASKING = frozenset(("isnan", "isfinite", "isinf", "signbit", "isnat"))
_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "minimum": "min",
    "maximum": "max",
    "logical_and": "all",
    "logical_or": "any",
}


class Operators(Leaving):
    """Cell by cell: operators, ufuncs, guesses."""

    # An array is asked to add itself to others rather than the other way round.
    __array_priority__ = 1000

    # ---- computing with it --------------------------------------------------------------------------------------

    def __neg__(self) -> Any:
        return self._arithmetic(-1, "mul", reflected=False)

    def __pos__(self) -> Self:
        return self.copy()

    def __abs__(self) -> Any:
        below = (self._numbers < 0) & self.visible
        if not below.any():
            return self.copy()
        return self._computed(abs(self._plain_array()), self._status)

    def round(self, decimals: int = 0, *args: Any, **kwargs: Any) -> Self:
        """Round; whole numbers stay what they are."""
        if self.dtype.kind == "i" and decimals >= 0:
            return self.copy()
        registry, addresses = rounded_addresses(self.cells, decimals)
        values = np.round(self._numbers, decimals)
        return self._with(values, derived_status(self._status), addresses, registry)

    def _arithmetic(self, other: Any, name: str, *, reflected: bool) -> Any:
        if isinstance(other, pd.Series | pd.DataFrame | pd.Index):
            return NotImplemented
        other = _operand(type(self), other, len(self))
        function = divmod if name == "divmod" else getattr(operator, name)
        guarded = isinstance(other, Operators)
        if name == "add" and not guarded and is_list_like(other):
            warn_removed(
                "+: bare numbers stand on the other side, and nobody knows which cells they are. If they are cells of a"
                " table, add the columns as they were read: they know whether they add."
            )
        if guarded and name == "add" and not pairing():
            return self._added(other)
        if name == "sub" and not reflected and guarded and negated(other.cells):
            return self._added(-other)
        if name == "sub" and reflected and not guarded and not is_list_like(other) and other == 0:
            return -self
        mine = zero_where_left_out(self.cells) if guarded else self.cells
        theirs = zero_where_left_out(other.cells) if guarded else None
        left = type(self)._of(mine)._plain_array()
        right = type(self)._of(theirs)._plain_array() if theirs is not None else other
        if not guarded and is_na(right):
            right = pd.NA
        plain = function(right, left) if reflected else function(left, right)
        if isinstance(plain, tuple):
            return tuple(self._result(one, name, mine, other, theirs, reflected=reflected) for one in plain)
        return self._result(plain, name, mine, other, theirs, reflected=reflected)

    def _result(
        self, plain: Any, name: str, mine: Cells, other: Any, theirs: Cells | None, *, reflected: bool
    ) -> Any:
        if plain is NotImplemented or getattr(plain, "dtype", np.dtype(object)).kind not in "iuf":
            return plain
        missing = plain.isna()
        values = plain.to_numpy(np.float64 if plain.dtype.kind == "f" else np.int64, na_value=1)
        if theirs is not None:
            pair = (theirs, mine) if reflected else (mine, theirs)
            status = paired_status(*pair)
            if name in ("sub", "mul"):
                # What both sides left out stays left out.
                left_out = (self._status == CellStatus.ABSENT) & (other._status == CellStatus.ABSENT)
                status[left_out] = CellStatus.ABSENT
            registry, addresses = paired_addresses(name, *pair)
        elif isinstance(other, int | float | np.number) and not is_na(other):
            registry, addresses = scalar_addresses(name, mine, float(other), reflected=reflected)
            status = derived_status(self._status)
            if addresses is self._addresses:
                # Times 1 or plus 0: the cells are what they were.
                status, addresses = self._status.copy(), self._addresses.copy()
        else:
            status, registry, addresses = (
                derived_status(self._status),
                self._registry,
                unknown_addresses(len(self)),
            )
            if name == "mul" or (name == "truediv" and not reflected):
                # Times 1 a cell is what it was, and times 0 it is nothing; so are masks of 0 and 1.
                factors = _factors(other, len(self))
                kept = factors == 1
                status, addresses = (
                    np.where(kept, self._status, status),
                    np.where(kept, self._addresses, addresses),
                )
                addresses[(factors == 0) & ~is_missing(self._status)] = NOTHING
        status = np.where(missing & ~is_missing(status), np.uint8(CellStatus.NOT_AVAILABLE), status)
        made = self._with(blanked(values, status), status, addresses, registry)
        return made._beside(other) if theirs is not None else made

    def _added(self, other: Self) -> Self:
        """Pair by pair the sum of two cells, by the same rules; hidden where either is."""
        ours, theirs = zero_where_left_out(self.cells), zero_where_left_out(other.cells)
        status = paired_status(ours, theirs)
        # A number beside a hole is not the sum of two: nobody knows what is missing there.
        one_alone = (ours.status == CellStatus.HOLE) != (theirs.status == CellStatus.HOLE)
        status[one_alone & (status == CellStatus.HOLE)] = CellStatus.NOT_AVAILABLE
        hidden = is_missing(status)
        both = type(self)._concat_same_type([self._to_common(other), other._to_common(self)])
        both._dropped = 0
        ids = np.tile(np.where(hidden, -1, np.arange(len(self))), 2)
        check = both._check(ids, len(self), "+")
        made = both._sum(check)
        made._status[hidden], made._addresses[hidden] = status[hidden], UNKNOWN
        made._numbers = blanked(made._numbers, made._status)
        return made._beside(self)._beside(other)

    def _beside(self, other: Self) -> Self:
        """Say also what had been dropped from beside the other cells that these were computed from."""
        self._dropped += other._dropped
        self._left = tuple(dict.fromkeys((*self._left, *other._left)))
        return self

    def _to_common(self, other: Self) -> Self:
        return self._to_numbers(DECIMAL) if other.dtype.kind == "f" and self.dtype.kind == "i" else self

    def _compare(self, other: Any, name: str) -> Any:
        """Compare cell by cell, as ``Int64`` does: nullable booleans, NA where either side shows nothing.

        That goes for absent cells too, though they count as 0 in sums: `isna` is true of them, and of one that pandas
        made nobody knows what it stands for.
        """
        if isinstance(other, pd.Series | pd.DataFrame | pd.Index):
            return NotImplemented
        other = _operand(type(self), other, len(self))
        if isinstance(other, Operators):
            other = other._plain_array()
        elif is_na(other):
            other = pd.NA
        return getattr(operator, name)(self._plain_array(), other)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(one, pd.Series | pd.Index | pd.DataFrame) for one in inputs):
            return NotImplemented
        out = kwargs.pop("out", (None,))[0]
        result = self._ufunc(ufunc, method, inputs, kwargs)
        if out is None or result is NotImplemented:
            return result
        out[...] = result
        return out

    def _ufunc(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = _UFUNCS.get(ufunc.__name__)
        if method == "__call__":
            if ufunc.__name__ == "vecdot":
                return inputs[0] @ inputs[1]
            if name is not None and len(inputs) == 2 and not kwargs:
                left, right = inputs
                if isinstance(left, Operators):
                    return getattr(left, f"__{name}__")(right)
                return getattr(right, _REFLECTED.get(name, f"__r{name}__"))(left)
            if name in ("neg", "pos", "abs") and not kwargs:
                return getattr(operator, name)(self)
        elif method == "reduce" and ufunc.__name__ in _REDUCTIONS:
            return self._reduce(_REDUCTIONS[ufunc.__name__], skipna=kwargs.get("skipna", True))
        elif method in ("accumulate", "reduceat", "at") and ufunc is np.add:
            self._check(None, 1, f"np.add.{method}")
        elif method not in ("accumulate", "at"):
            return NotImplemented
        if method == "at":
            bare: list[Any] = [one._numbers if isinstance(one, Operators) else one for one in inputs]
            return ufunc.at(*bare)
        plain = [one._plain_array() if isinstance(one, Operators) else one for one in inputs]
        if method != "__call__":
            values = getattr(ufunc, method)(self._numbers, *inputs[1:], **kwargs)
            return type(self)._of(self._cells_of(values, whole=None))
        if ufunc.__name__ in _ASKING:
            # Of a missing number these say what they say of NaN.
            numbers = [
                one._decimal_array().to_numpy(np.float64, na_value=np.nan)
                if isinstance(one, Operators)
                else one
                for one in inputs
            ]
            return ufunc(*numbers, **kwargs)
        result = ufunc(*plain, **kwargs)
        return tuple(map(self._of_ufunc, result)) if isinstance(result, tuple) else self._of_ufunc(result)

    def _of_ufunc(self, plain: Any) -> Any:
        if plain.dtype.kind == "b":
            return plain.to_numpy(dtype=bool, na_value=False)
        return self._computed(plain, self._status)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, pd.Series | pd.DataFrame | pd.Index):
            return NotImplemented
        if isinstance(other, Operators):
            return self._arithmetic(other, "mul", reflected=False).sum()
        self._check(None, 1, "@")
        return self._numbers @ np.asarray(other)

    def __rmatmul__(self, other: Any) -> Any:
        self._check(None, 1, "@")
        return np.asarray(other) @ self._numbers

    # ---- filling what is not shown ------------------------------------------------------------------------------

    def _pad_or_backfill(
        self, *, method: Any, limit: int | None = None, limit_area: Any = None, copy: bool = True
    ) -> Self:
        padded = super()._pad_or_backfill(  # type: ignore[misc]
            method=method, limit=limit, limit_area=limit_area, copy=copy
        )
        return self._guessed(padded._numbers, padded._status)

    def interpolate(self, *, copy: bool = True, **kwargs: Any) -> Self:
        """Guess what is not shown from its neighbours; the guesses are marked, and block sums."""
        plain = self._decimal_array().interpolate(copy=True, **kwargs)
        values = plain.to_numpy(np.float64, na_value=np.nan)
        status = np.where(plain.isna(), self._status, np.uint8(CellStatus.OBSERVED))
        return self._guessed(values, status)

    def _guessed(self, values: Any, new_status: NDArray[np.uint8]) -> Self:
        guessed = is_missing(self._status) & ~is_missing(new_status)
        status = np.where(guessed, np.uint8(CellStatus.FILLED), self._status)
        return self._with(blanked(values, status), status, self._addresses.copy())


def _operator(name: str, *, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def method(self: Operators, other: Any) -> Any:
        return self._arithmetic(other, name, reflected=reflected)

    method.__name__ = f"__{'r' if reflected else ''}{name}__"
    return method


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Operators, other: Any) -> Any:
        return self._compare(other, name)

    method.__name__ = f"__{name}__"
    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "divmod"):
    for _reflected in (False, True):
        _made = _operator(_name, reflected=_reflected)
        setattr(Operators, _made.__name__, _made)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Operators, f"__{_name}__", _comparison(_name))


def _factors(other: Any, length: int) -> NDArray[np.float64]:
    """What cells are multiplied by, one by one; NaN where it is no number."""
    try:
        found = pd.to_numeric(pd.Series(other), errors="coerce").to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        return np.full(length, np.nan)
    return found if len(found) == length else np.full(length, np.nan)


def _operand(cls: type[Operators], other: Any, length: int) -> Any:
    """What arithmetic is done with, in one of few forms; lengths must agree."""
    if isinstance(other, Cell):
        return cls._of(other.as_cells()).take(np.zeros(length, dtype=np.intp))
    if isinstance(other, np.ndarray) and other.ndim == 0:
        return other[()]
    if is_list_like(other):
        if len(other) != length:
            raise ValueError("Lengths must match")
        if not isinstance(other, ExtensionArray | np.ndarray) or (other.dtype == object and other.ndim == 1):
            others = list(other)
            if any(isinstance(one, Cell) for one in others):
                # A list of cells knows what it holds.
                return cls._from_sequence(others)
            other = pd.array(others)
        if getattr(other, "ndim", 1) > 1:
            # As pandas' own masked arrays do.
            raise NotImplementedError("can only perform ops with 1-d structures")
    return other
