"""Cell by cell: arithmetic, comparison and numpy's functions."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

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
    scaled_addresses,
    zero_where_left_out,
)
from jobindsats_pandas.disclosure.building import cells_from, computed, is_na, nullable, numbers_of
from jobindsats_pandas.disclosure.callers import adding_for_itself, warn_removed
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    as_summed,
    beside,
    blanked,
    converted,
    is_missing,
    is_unseen,
    rewritten,
    unknown_addresses,
)
from jobindsats_pandas.disclosure.reductions import accumulated, checked, reduced, sums_of
from jobindsats_pandas.disclosure.scalars import OPERATORS, Cell, scalar_addresses, scalars_of
from jobindsats_pandas.disclosure.sums import check_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["absolute", "arithmetic", "compared", "negative", "operand", "rounded", "ufunc"]

_NAMES = OPERATORS | {
    "divmod": "divmod", "matmul": "matmul", "vecdot": "matmul", "equal": "eq", "not_equal": "ne", "less": "lt",
    "less_equal": "le", "greater": "gt", "greater_equal": "ge",
}  # fmt: skip
# What a comparison is from the other side.
_TURNED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
# What numpy's functions are where they run over a column.
_RUNNING = {"add": "cumsum", "multiply": "cumprod", "minimum": "cummin", "maximum": "cummax"}
_ASKING = frozenset(("isnan", "isfinite", "isinf", "signbit", "isnat"))


def operand(other: Any, length: int) -> Any:
    """What arithmetic is done with: cells, an array or a scalar; lengths must agree."""
    if isinstance(other, Cell):
        return other.as_cells()[np.zeros(length, dtype=np.intp)]
    if isinstance(other, np.ndarray) and other.ndim == 0:
        return other[()]
    if not (isinstance(other, Cells) or is_list_like(other)):
        return other
    if len(other) != length:
        raise ValueError("Lengths must match")
    if not isinstance(other, Cells | ExtensionArray | np.ndarray) or (
        isinstance(other, np.ndarray) and other.dtype.kind == "O"
    ):
        others = list(other)
        # A list of cells knows what it holds.
        return (
            cells_from(others, whole=None)
            if any(isinstance(one, Cell) for one in others)
            else pd.array(others)
        )
    if getattr(other, "ndim", 1) > 1:
        # As pandas' own masked arrays do.
        raise NotImplementedError("can only perform ops with 1-d structures")
    return other


def arithmetic(cells: Cells, other: Any, name: str, *, reflected: bool = False) -> Any:
    """Compute with cells and an `operand`: cells, or what pandas' own array gives where that is no column of numbers."""
    if name == "matmul":
        return _sum_of_products(cells, other, reflected=reflected)
    guarded = isinstance(other, Cells)
    if not guarded and is_list_like(other) and len(other) and other.dtype.kind in "iuf":
        other = _one_for_all(other, name)
    if name == "add" and not guarded and is_list_like(other):
        warn_removed(
            "+: bare numbers stand on the other side, and nobody knows which cells they are. If they are cells of a"
            " table, add the columns as they were read: they know whether they add."
        )
    if guarded and name == "add" and not adding_for_itself():
        return _added(cells, other)
    if guarded and name == "sub":
        left, right = (other, cells) if reflected else (cells, other)
        if negated(left) != negated(right):
            return _added(left, negative(right))
    if name == "sub" and reflected and not guarded and not is_list_like(other) and other == 0:
        return negative(cells)
    mine, theirs = (zero_where_left_out(cells), zero_where_left_out(other)) if guarded else (cells, other)
    left, right = nullable(mine), nullable(theirs) if guarded else pd.NA if is_na(other) else other
    function = divmod if name == "divmod" else getattr(operator, name)
    plain = function(right, left) if reflected else function(left, right)
    if isinstance(plain, tuple):
        return tuple(_result(one, name, cells, other, reflected=reflected) for one in plain)
    return _result(plain, name, cells, other, reflected=reflected)


def _result(plain: Any, name: str, cells: Cells, other: Any, *, reflected: bool) -> Any:
    """The numbers that came out, with the statuses and addresses that follow."""
    if getattr(plain, "dtype", np.dtype(object)).kind not in "iuf":
        return plain
    registry, addresses = cells.registry, unknown_addresses(len(cells))
    status = derived_status(cells.status)
    if isinstance(other, Cells):
        pair = [zero_where_left_out(one) for one in ((other, cells) if reflected else (cells, other))]
        status = paired_status(*pair)
        if name in {"sub", "mul"}:
            # What both sides left out stays left out.
            status[(cells.status == CellStatus.ABSENT) & (other.status == CellStatus.ABSENT)] = (
                CellStatus.ABSENT
            )
        one = None if name != "truediv" or reflected else _one_number(other)
        registry, addresses = scaled_addresses(pair[0], 1 / one) if one else paired_addresses(name, *pair)
        cells = beside(cells, other)
    elif isinstance(other, int | float | np.number) and not is_na(other):
        registry, addresses = scalar_addresses(name, cells, float(other), reflected=reflected)
        if addresses is cells.addresses:
            # Times 1 or plus 0: the cells are what they were.
            status, addresses = cells.status.copy(), cells.addresses.copy()
    elif name == "mul" or (name == "truediv" and not reflected):
        # Times 1 a cell is what it was, and times 0 it is nothing; so are masks of 0 and 1.
        factors = _factors(other, len(cells))
        kept = factors == 1
        status[kept], addresses[kept] = cells.status[kept], cells.addresses[kept]
        # A guess stays one, whatever it is multiplied by.
        addresses[(factors == 0) & ~cells.missing & ~is_unseen(cells.status)] = NOTHING
    unknown = np.asarray(plain.isna()) & ~is_missing(status)
    status[unknown] = CellStatus.NOT_AVAILABLE
    if not isinstance(other, Cells):
        # What is missing in the user's own numbers, as after a merge, the data bank did not leave out.
        status[unknown & np.asarray(pd.isna(other))] = CellStatus.HOLE
    return replace(rewritten(cells, numbers_of(plain), status, addresses), registry=registry)


def _one_number(cells: Cells) -> float | None:
    """The number of a single cell in every place, such as the sum that shares are of; None of several, or of one alone."""
    if len(cells) < 2 or cells.missing[0] or (cells.addresses != cells.addresses[0]).any():
        return None
    alike = (cells.values == cells.values[0]).all() and (cells.status == cells.status[0]).all()
    return float(cells.values[0]) if alike else None


def _factors(other: Any, length: int) -> NDArray[np.float64]:
    """What cells are multiplied by, one by one; NaN where it is no number."""
    found = pd.to_numeric(pd.Series(other), errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return found if len(found) == length else np.full(length, np.nan)


def _one_for_all(numbers: Any, name: str) -> Any:
    """A number in the place of a column of it, if that says more: a sum may begin with zeros, and -1 turns to taking away."""
    first = numbers[0]
    if is_na(first) or not bool((numbers == first).all()) or np.asarray(pd.isna(numbers)).any():
        return numbers
    alike = first == 0 if name in {"add", "sub"} else name in {"mul", "truediv"} and first not in (0, 1)
    return first if alike else numbers


def _added(cells: Cells, other: Cells) -> Cells:
    """Pair by pair the sum of two cells, by the same rules; hidden where either is."""
    ours, theirs = zero_where_left_out(cells), zero_where_left_out(other)
    status = paired_status(ours, theirs)
    # A number beside a hole is not the sum of two: nobody knows what is missing there.
    one_alone = (ours.status == CellStatus.HOLE) != (theirs.status == CellStatus.HOLE)
    status[one_alone & (status == CellStatus.HOLE)] = CellStatus.NOT_AVAILABLE
    hidden = is_missing(status)
    check = check_rows((cells, other), hidden)
    made = sums_of(checked(check.cells, check.ids, check.groups, "+"))
    made.status[hidden], made.addresses[hidden] = status[hidden], UNKNOWN
    return beside(replace(made, values=blanked(made.values, made.status)), cells, other)


def compared(cells: Cells, other: Any, name: str) -> Any:
    """Compare cell by cell, as ``Int64`` does: nullable booleans, NA where either side shows nothing.

    That goes for absent cells too, though they count as 0 in sums: `isna` is true of them, and of one that pandas
    made nobody knows what it stands for.
    """
    theirs = nullable(other) if isinstance(other, Cells) else pd.NA if is_na(other) else other
    return getattr(operator, name)(nullable(cells), theirs)


def negative(cells: Cells) -> Cells:
    """Cells with the other sign: taking them away from others is adding."""
    made: Cells = arithmetic(cells, -1, "mul")
    return made


def absolute(cells: Cells) -> Cells:
    """Cells without their sign; most are what they were."""
    return computed(cells, abs(nullable(cells)))


def rounded(cells: Cells, decimals: int = 0, *_: Any, **__: Any) -> Cells:
    """Round; whole numbers stay what they are."""
    if cells.whole and decimals >= 0:
        return computed(cells, nullable(cells).copy())
    registry, addresses = rounded_addresses(cells, decimals)
    values = np.round(cells.values, decimals)
    return replace(rewritten(cells, values, derived_status(cells.status), addresses), registry=registry)


def _sum_of_products(cells: Cells, other: Any, *, reflected: bool) -> Any:
    if isinstance(other, Cells):
        return reduced(arithmetic(cells, other, "mul"), "sum", skipna=True)
    checked(cells, None, 1, "@")
    ours, theirs = as_summed(cells), np.asarray(other)
    return theirs @ ours if reflected else ours @ theirs


def ufunc(function: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What one of numpy's functions makes of cells, among its inputs; `NotImplemented` where that has no meaning."""
    cells = _first(inputs)
    if method == "accumulate" and function.__name__ in _RUNNING:
        return accumulated(cells, _RUNNING[function.__name__])
    if (
        method in {"reduceat", "at"}
        and function is np.add
        and (method == "reduceat" or inputs[0] is not cells)
    ):
        # What is written into cells behind their back leaves them no cells; what is taken away in groups is a sum too.
        checked(cells, None, 1, f"np.add.{method}")
        bare = [as_summed(one) if isinstance(one, Cells) else one for one in inputs]
        found = getattr(function, method)(*bare, **kwargs)
        return found if found is None else cells_from(found, whole=None)
    if method != "__call__":
        return NotImplemented
    name = _NAMES.get(function.__name__)
    if name is not None and len(inputs) == 2:
        return _of_two(name, *inputs, **kwargs)
    if function is np.negative and not kwargs:
        return negative(cells)
    if set(function.types) == {"O" * function.nin + "->" + "O" * function.nout}:
        return _of_python(function, inputs)
    # Of a missing number those that ask about it say what they say of NaN.
    asking = function.__name__ in _ASKING

    def numbers(one: Cells) -> Any:
        return converted(one, whole=False).values if asking else nullable(one)

    found = function(*(numbers(one) if isinstance(one, Cells) else one for one in inputs), **kwargs)
    if asking:
        return found
    return (
        tuple(_of_ufunc(cells, one) for one in found) if isinstance(found, tuple) else _of_ufunc(cells, found)
    )


def _of_python(function: np.ufunc, inputs: tuple[Any, ...]) -> Any:
    """What a function of Python's, as `numpy.frompyfunc` takes one, makes of single cells."""
    singly = (
        np.fromiter(scalars_of(one), dtype=object, count=len(one)) if isinstance(one, Cells) else one
        for one in inputs
    )
    found = function(*singly)
    try:
        return cells_from(found, whole=None)
    except TypeError:
        return found


def _of_two(
    name: str,
    left: Any,
    right: Any,
    *,
    where: Any = True,
    dtype: Any = None,
    **kwargs: Any,
) -> Any:
    """What one of numpy's functions that has an operator makes of two columns; how it casts is the cells' own matter."""
    if where is not True or kwargs.keys() - {"casting"}:
        return NotImplemented
    reflected = not isinstance(left, Cells)
    cells = right if reflected else left
    other = operand(left if reflected else right, len(cells))
    if name in _TURNED:
        return compared(cells, other, _TURNED[name] if reflected else name)
    found = arithmetic(cells, other, name, reflected=reflected)
    return found if dtype is None else converted(found, whole=np.dtype(dtype).kind != "f")


def _first(inputs: tuple[Any, ...]) -> Cells:
    return next(one for one in inputs if isinstance(one, Cells))


def _of_ufunc(cells: Cells, plain: Any) -> Any:
    return plain.to_numpy(dtype=bool, na_value=False) if plain.dtype.kind == "b" else computed(cells, plain)
