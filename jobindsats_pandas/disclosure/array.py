"""The guarded dtype and its array: pandas' interface to cells, which know what they are and add only what adds.

What the hooks do is told in the modules of their subjects, as functions of `Cells`: `places`, `operators`,
`reductions`, `leaving`, `display`. Hooks overridden here that are not part of pandas' documented interface:
``_cast_pointwise_result``, ``_groupby_op``, ``_groupby_quantile``, ``_quantile``, ``_rank``, ``_mode``, ``_where`` and
``_readonly``. Statistics are computed by pandas' own nullable arrays, through their
``_reduce``, ``_accumulate``, ``_groupby_op`` and ``_groupby_quantile``. A test tries each of them.
"""

# ruff: noqa: SLF001 - an array may look inside others of its kind, and pandas' hooks are private by name

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray, ExtensionDtype, register_extension_dtype
from pandas.api.indexers import check_array_indexer
from pandas.api.types import is_bool_dtype, is_list_like, is_numeric_dtype, pandas_dtype

from jobindsats_pandas.disclosure import leaving, operators, places, reductions
from jobindsats_pandas.disclosure.addresses import EMPTY, STATISTIC, Codes, Registry
from jobindsats_pandas.disclosure.arithmetic import undefined
from jobindsats_pandas.disclosure.arrow import from_arrow, to_arrow
from jobindsats_pandas.disclosure.building import cells_from, is_na, is_number, nullable
from jobindsats_pandas.disclosure.callers import (
    Purpose,
    appending,
    called_directly,
    choosing_largest,
    combining,
    formatted_by_hand,
    looking_back,
    pivoting,
    relabelling,
    reshaping,
    turning_over,
)
from jobindsats_pandas.disclosure.canary import sing
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    beside,
    blanked,
    concatenated,
    converted,
    counted,
    is_hidden,
    restored,
    unknown_addresses,
)
from jobindsats_pandas.disclosure.display import texts, to_format
from jobindsats_pandas.disclosure.scalars import cell, scalars_of

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["DiscretionisedArray", "DiscretionisedDtype"]

# What pandas asks to compute first, with arrays inside.
_PANDAS = (pd.Series, pd.Index, pd.DataFrame)
_REDUCTIONS = {
    "add": "sum", "multiply": "prod", "minimum": "min", "maximum": "max", "logical_and": "all", "logical_or": "any",
}  # fmt: skip


def _hook(function: Callable[..., Any]) -> Any:
    """Make a hook of a function of cells: where that gives cells, pandas gets an array of them."""

    @wraps(function)
    def hook(self: DiscretionisedArray, *args: Any, **kwargs: Any) -> Any:
        return self._made_of(function(self._cells, *args, **kwargs))

    return hook


@register_extension_dtype
class DiscretionisedDtype(ExtensionDtype):
    """Numbers of which some are hidden, and which cannot be added up wrongly by accident.

    Measure, kind and registry belong to the array, not to the dtype: so columns of different measures can be
    concatenated and stacked without falling back to object.

    Parameters
    ----------
    numbers : {"Int64", "Float64"}
        Whole or decimal.

    Examples
    --------
    >>> DiscretionisedDtype("Int64")
    discretionised[Int64]
    >>> import pandas as pd
    >>> pd.api.types.pandas_dtype("discretionised[Float64]")
    discretionised[Float64]
    """

    _metadata = ("numbers",)
    _is_numeric = True
    # A plain NaN, which plots and compares as everyone expects; pd.NA breaks matplotlib's bars.
    na_value = np.nan

    def __init__(self, numbers: Literal["Int64", "Float64"] = "Int64") -> None:
        if numbers not in ("Int64", "Float64"):
            raise ValueError(f"numbers must be 'Int64' or 'Float64', not {numbers!r}")
        self.numbers = numbers

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name, as `pandas` understands it anywhere."""
        return f"discretionised[{self.numbers}]"

    @property
    def type(self) -> Any:  # type: ignore[override]
        """The class of a visible cell."""
        return int if self.numbers == "Int64" else float

    @property
    def kind(self) -> Literal["i", "f"]:
        """``"i"`` or ``"f"``."""
        return "i" if self.numbers == "Int64" else "f"

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The dtype of the numbers inside; pandas asks when it writes Stata files."""
        return np.dtype(f"{self.kind}8")

    @property
    def itemsize(self) -> int:
        """Bytes of each number; pandas asks whether they fit into another column."""
        return 8

    def __repr__(self) -> str:
        return self.name

    @classmethod
    def construct_array_type(cls) -> builtins.type[DiscretionisedArray]:
        """The array that belongs to this dtype."""
        return DiscretionisedArray

    @classmethod
    def construct_from_string(cls, string: str) -> Self:
        """Read the name."""
        if not isinstance(string, str):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        for numbers in ("Int64", "Float64"):
            if string == f"discretionised[{numbers}]":
                return cls(numbers)
        raise TypeError(f"Cannot construct a 'DiscretionisedDtype' from '{string}'")

    def _get_common_dtype(self, dtypes: list[Any]) -> Any:
        numbers = [is_numeric_dtype(one) and not is_bool_dtype(one) and one.kind in "iuf" for one in dtypes]
        if not all(numbers):
            return None
        return DECIMAL if any(one.kind == "f" for one in dtypes) else INTEGER

    def __from_arrow__(self, array: Any) -> DiscretionisedArray:
        made = [self._from_chunk(chunk) for chunk in getattr(array, "chunks", [array])]
        if not made:
            return DiscretionisedArray._from_sequence([], dtype=self)
        # What was dropped was dropped once, however many chunks tell of it.
        cells = replace(concatenated(made), dropped=made[0].dropped, left=made[0].left)
        return DiscretionisedArray.from_cells(cells)

    def _from_chunk(self, chunk: Any) -> Cells:
        cells = from_arrow(chunk)
        return (
            cells_from(chunk.to_numpy(zero_copy_only=False), whole=self.kind == "i")
            if cells is None
            else cells
        )


INTEGER, DECIMAL = DiscretionisedDtype("Int64"), DiscretionisedDtype("Float64")


class DiscretionisedArray(ExtensionArray):
    """Numbers with, for each, a status and the cell of the table that it belongs to.

    Parameters
    ----------
    values : int64 or float64 array
        What stands under a cell that is not shown is ignored.
    status : uint8 array
        Of `CellStatus`.
    addresses : int64 array, optional
        From `AddressSpace.encode`; unknown by default.
    registry : Registry, optional
        What the addresses are numbered in. None of the arrays is copied, and none may be changed any more.

    Raises
    ------
    TypeError, ValueError
        Other dtypes, lengths that differ, statuses or addresses that do not exist.

    Examples
    --------
    >>> import numpy as np
    >>> from jobindsats_pandas.disclosure import DiscretionisedArray, AddressMeasure, AddressSpace, Registry
    >>> from jobindsats_pandas.kinds import Kind
    >>> space = AddressSpace("y01h01", "Sanktioner", (AddressMeasure("m", "Antal sanktioner", Kind.FLOW),),
    ...                   (("Q", "2025Q01"), ("Q", "2025Q02"), ("Q", "2025Q03"), ("Q", "2025Q04")), ())
    >>> array = DiscretionisedArray(np.array([12, 0, 4, 7]), np.array([0, 1, 0, 0], dtype=np.uint8),
    ...                             space.encode(0, [0, 1, 2, 3]), Registry.of(space))
    >>> array
    <DiscretionisedArray>
    [12, <3, 4, 7]
    Length: 4, dtype: discretionised[Int64]
    >>> array[[0, 2]].sum()
    16
    >>> array.sum()
    Traceback (most recent call last):
        ...
    jobindsats_pandas.errors.InvalidSumError: sum: refused for 4 cells of 'Antal sanktioner' (y01h01).
    ...
    """

    # An array is asked to add itself to others rather than the other way round.
    __array_priority__ = 1000
    # As is a masked or an Arrow array of pandas', which knows nothing of cells; a Series comes before either.
    __pandas_priority__ = 1500

    # Its arrays are written to in place, for views share them; the bundle itself is replaced.
    _cells: Cells
    # What -1 stands for in codes that `factorize` made: the places of missing cells, perhaps of hidden ones.
    _gap: int = CellStatus.HOLE
    # How many cells are hidden, or were before they were filled, and how many are seen; None: not counted yet.
    _counted: tuple[int, int] | None = None
    # pandas sets this on views of frames that share their memory.
    _readonly: bool = False

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Try the guard, before the first array is there."""
        sing(_hidden_beside_visible)
        return super().__new__(cls)

    def __init__(
        self,
        values: NDArray[np.int64] | NDArray[np.float64],
        status: NDArray[np.uint8],
        addresses: Codes | None = None,
        registry: Registry = EMPTY,
    ) -> None:
        if addresses is None:
            addresses = unknown_addresses(len(values))
        _check(values, status, addresses, registry)
        if values.dtype.kind == "f":
            status = undefined(np.asarray(values, dtype=np.float64), status)
        self._cells = Cells(blanked(values, status), status, addresses, registry)

    @classmethod
    def from_cells(cls, cells: Cells) -> Self:
        """Build from all that another array's `cells` hold, also how many hidden ones had been dropped beside them.

        Examples
        --------
        >>> import pandas as pd
        >>> from jobindsats_pandas.disclosure import DiscretionisedArray
        >>> array = pd.array([1, 2], dtype="discretionised[Int64]")
        >>> DiscretionisedArray.from_cells(array.cells)
        <DiscretionisedArray>
        [1, 2]
        Length: 2, dtype: discretionised[Int64]
        """
        if cells.dropped < 0:
            raise ValueError(f"fewer than no cells dropped: {cells.dropped}")
        made = cls(cells.values, cells.status, cells.addresses, cells.registry)
        made._cells = replace(made._cells, dropped=cells.dropped, left=cells.left)
        return made

    @classmethod
    def unchecked(cls, cells: Cells) -> Self:
        """Build from cells without a look, for whoever made them and knows them to be right.

        Every status exists, the addresses are numbered in the registry, no shown number is NaN, and under cells that are not
        shown stands 1, or NaN among decimals. The arrays must not be changed any more.

        Examples
        --------
        >>> import pandas as pd
        >>> from jobindsats_pandas.disclosure import DiscretionisedArray
        >>> array = pd.array([1, None], dtype="discretionised[Int64]")
        >>> DiscretionisedArray.unchecked(array.cells).equals(array)
        True
        """
        made = cls.__new__(cls)
        made._cells = cells
        return made

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state if "_cells" in state else {"_cells": _cells_of_old(state)})

    # ---- what it holds ------------------------------------------------------------------------------------------

    @property
    def cells(self) -> Cells:
        """Everything, without pandas; shares memory with the array."""
        return self._cells

    @property
    def status(self) -> NDArray[np.uint8]:
        """The status of each cell (`CellStatus`), read-only."""
        status: NDArray[np.uint8] = leaving.read_only(self._cells.status)
        return status

    @property
    def addresses(self) -> Codes:
        """The address of each cell, numbered in `registry`, read-only."""
        addresses: Codes = leaving.read_only(self._cells.addresses)
        return addresses

    @property
    def registry(self) -> Registry:
        """What the addresses are numbered in."""
        return self._cells.registry

    @property
    def dropped(self) -> int:
        """How many hidden cells dropping took away; sums are refused then."""
        return self._cells.dropped

    @property
    def visible(self) -> NDArray[np.bool_]:
        """Where a number is shown."""
        return ~self._cells.missing

    @property
    def numbers(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """The bare numbers, read-only and unguarded; what stands under a cell that is not `visible` means nothing."""
        numbers: NDArray[np.int64] | NDArray[np.float64] = leaving.read_only(self._cells.values)
        return numbers

    def plain(self) -> ExtensionArray:
        """Ordinary nullable numbers (``Int64`` or ``Float64``), NA where nothing is shown. Nothing guards them."""
        plain: ExtensionArray = nullable(self._cells).copy()
        return plain

    # ---- what every extension array has -------------------------------------------------------------------------

    @property
    def dtype(self) -> DiscretionisedDtype:
        """``discretionised[Int64]`` or ``discretionised[Float64]``."""
        return INTEGER if self._cells.whole else DECIMAL

    @property
    def nbytes(self) -> int:
        """17 bytes for each cell, once its address was asked for."""
        return 17 * len(self)

    def __len__(self) -> int:
        return len(self._cells)

    def isna(self) -> NDArray[np.bool_]:
        """Where nothing is shown: discretionised, not available, absent, or no cell at all."""
        missing = self._cells.missing
        holes = self._cells.status == CellStatus.HOLE
        # A pivot table drops groups of which nothing is left; of a cell that shows nothing its place is.
        return holes if (missing & ~holes).any() and pivoting() else missing

    def copy(self) -> Self:
        """Return a copy of everything."""
        return self._like(self._cells.copy())

    def _like(self, cells: Cells) -> Self:
        """Cells to which the same codes belong."""
        made = self.unchecked(cells)
        made._gap = self._gap
        return made

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> Self:
        if isinstance(scalars, np.ndarray) and len(scalars) and isinstance(scalars[0], cls):
            return scalars[0]  # a row of `_turned_over`
        whole = None if dtype is None else pandas_dtype(dtype).kind == "i"
        array = cls.unchecked(_cells_of(scalars, whole=whole))
        return array.copy() if copy else array

    @classmethod
    def _from_sequence_of_strings(cls, strings: Any, *, dtype: Any, copy: bool = False) -> Self:
        return cls._from_sequence(pd.to_numeric(pd.Series(strings), errors="raise"), dtype=dtype, copy=copy)

    def _cast_pointwise_result(self, values: Any) -> Any:
        values, whole = list(values), self._cells.whole
        # What whole numbers become may be decimal; where there is nothing to tell, they stay whole.
        undecided = whole and not all(map(is_na, values))
        try:
            made = _cells_of(values, whole=None if undecided else whole)
        except TypeError:
            return super()._cast_pointwise_result(values)  # type: ignore[misc]
        if combining():
            places.mark_in_place_of_hidden(self._cells, made)
        return self.unchecked(made)

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[Self]) -> Self:
        return to_concat[0]._like(concatenated([array._cells for array in to_concat]))

    def __getitem__(self, item: Any) -> Any:
        cells, item = self._cells, _without_ellipsis(item)
        if isinstance(item, int | np.integer):
            status = int(cells.status[item])
            if status == CellStatus.HOLE:
                return self.dtype.na_value
            number, address = cells.values[item].item(), int(cells.addresses[item])
            return cell(number, status, address, cells.registry, whole=cells.whole, hidden=cells.dropped)
        item = check_array_indexer(self, item)
        made = self._taken(item, remember=not isinstance(item, slice))
        made._readonly = self._readonly and isinstance(item, slice)
        return made

    def _taken(self, where: Any, *, remember: bool = True) -> Self:
        """Take cells out of this array, which know then which hidden ones had stood beside them."""
        old, kept = self._cells, self._cells[where]
        if len(kept) < len(old) and (len(kept) or remember):
            self._counted = unseen, seen = self._counted or counted(old.status)
            if unseen and (len(kept) or not seen) and counted(kept.status) == (0, seen):
                dropped, left = places.vanished(old, kept)
                largest = places.hide_small_counts(old) and choosing_largest()
                if not (dropped and (largest or reshaping())):
                    kept = beside(kept, replace(old, dropped=dropped, left=left))
        return self._like(kept)

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> Self:
        """Take cells by position; what pandas makes up with ``allow_fill`` is a hole, and no cell."""
        where = np.asarray(indices, dtype=np.intp)
        if len(self) == 0 and len(where) and not (allow_fill and (where == -1).all()):
            raise IndexError("cannot do a non-empty take from an empty axes.")
        if places.only_missing_move(self._cells, where) and not relabelling():
            return self._like(places.filled_from(self._cells, where))
        if allow_fill and (where < 0).any():
            return self.unchecked(places.with_gaps(self._cells, where, fill_value, self._gap))
        return self._taken(where)

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._readonly:
            raise ValueError("Cannot modify read-only array")
        key = check_array_indexer(self, _without_ellipsis(key))
        if not is_list_like(value):
            if not (is_number(value) or is_na(value)):
                raise TypeError(f"Invalid value '{value!s}' for dtype '{self.dtype}'")
            value = [value]
        key = [key] if isinstance(key, int | np.integer) else key
        self._cells = places.overwritten(self._cells, key, _cells_of(value, whole=self._cells.whole))
        self._counted = None

    def _where(self, mask: Any, value: Any) -> Self:
        if isinstance(value, DiscretionisedArray) and len(value) == len(self):
            missing = ~value.visible
            if missing.any() and (np.asarray(mask) == missing).all():
                # The other cells are kept where they are visible: it is them that are being filled.
                made = self.unchecked(converted(value._cells, whole=self._cells.whole)).copy()
                made[missing] = self[missing]
                return made
        return cast("Self", super()._where(mask, value))  # type: ignore[misc]

    def map(self, mapper: Any, na_action: Any = None) -> Any:
        """Map single cells; those that a function hands on remember what they are."""
        if not callable(mapper):
            return super().map(mapper, na_action=na_action)
        cells = scalars_of(self._cells)
        skipped = na_action == "ignore"
        made = self._cast_pointwise_result([one if skipped and is_na(one) else mapper(one) for one in cells])
        if isinstance(made, DiscretionisedArray):
            found, mine = places.recognised(self._cells, made._cells), self._cells
            made = self.unchecked(replace(found, dropped=mine.dropped, left=mine.left))
            places.mark_in_place_of_hidden(self._cells, made._cells)
        return made

    def __contains__(self, item: object) -> bool:
        if isinstance(item, float) and np.isnan(item):
            return not self.visible.all()
        return is_number(item) and bool((self.numbers[self.visible] == item).any())

    def _formatter(self, boxed: bool = False) -> Callable[[Any], str | None]:
        if boxed:
            return str
        return lambda one: str(texts(cells_from([one], whole=self._cells.whole))[0])

    def factorize(self, use_na_sentinel: bool = True) -> tuple[NDArray[np.intp], Self]:
        """Number the distinct values; the uniques are the cells that hold them, or of no cell where several do."""
        codes, uniques = pd.factorize(nullable(self._cells), use_na_sentinel=use_na_sentinel)
        made = self.unchecked(places.distinct(self._cells, codes, len(uniques)))
        hidden = self._cells.status[is_hidden(self._cells.status)]
        if len(hidden) and use_na_sentinel:
            made._cells = replace(made._cells, dropped=self.dropped + len(hidden))
            made._gap = int(hidden.min())
        elif len(hidden):
            made._cells.status[~made.visible] = hidden.min()
        return codes, made

    def value_counts(self, dropna: bool = True) -> pd.Series:
        """Count the cells that hold each distinct value."""
        codes, uniques = self.factorize(use_na_sentinel=dropna)
        counts = np.bincount(codes[codes >= 0], minlength=len(uniques))
        return pd.Series(counts, index=pd.Index(uniques), name="count", copy=False)

    def unique(self) -> Self:
        """Return the first cell of each distinct value."""
        return self.factorize(use_na_sentinel=False)[1]

    def isin(self, values: Any) -> NDArray[np.bool_]:
        """Where a visible cell holds one of the values."""
        return np.asarray(nullable(self._cells).isin(_bare(values)), dtype=bool)

    def searchsorted(self, value: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Find where values would be inserted to keep the order."""
        return nullable(self._cells).searchsorted(_bare(value), side=side, sorter=sorter)

    def _values_for_argsort(self) -> NDArray[Any]:
        return self._cells.values

    def _values_for_factorize(self) -> tuple[NDArray[Any], Any]:
        return converted(self._cells, whole=False).values, np.nan

    # ---- computing with it --------------------------------------------------------------------------------------

    def _made_of(self, found: Any) -> Any:
        """Arrays where cells were found, anything else as it is."""
        if isinstance(found, tuple):
            return tuple(map(self._made_of, found))
        return self.unchecked(found) if isinstance(found, Cells) else found

    def __pos__(self) -> Self:
        return self.copy()

    __neg__ = _hook(operators.negative)
    __abs__ = _hook(operators.absolute)
    round = _hook(operators.rounded)
    shift = _hook(places.shifted)
    interpolate = _hook(places.interpolated)
    _accumulate = _hook(reductions.accumulated)
    _groupby_op = _hook(reductions.grouped)
    _groupby_quantile = _hook(reductions.group_quantile)
    _quantile = _hook(reductions.quantiles)
    __iter__ = _hook(leaving.one_by_one)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(one, _PANDAS) for one in inputs):
            return NotImplemented
        out = kwargs.pop("out", (None,))[0]
        if method == "reduce" and ufunc.__name__ in _REDUCTIONS:
            result = self._reduce(_REDUCTIONS[ufunc.__name__], skipna=kwargs.get("skipna", True))
        else:
            result = self._made_of(operators.ufunc(ufunc, method, tuple(map(_inside, inputs)), kwargs))
        if out is None or result is NotImplemented:
            return result
        out[...] = result
        return out

    def _pad_or_backfill(self, *, limit_area: Any = None, **kwargs: Any) -> Self:
        padded = super()._pad_or_backfill(limit_area=limit_area, **kwargs)  # type: ignore[misc]
        return self.unchecked(places.guessed(self._cells, padded._cells.values, padded.visible))

    def sum(self, *, axis: int | None = None, skipna: bool = True, min_count: int = 0, **kwargs: Any) -> Any:
        """Add the cells up, or raise `InvalidSumError`."""
        return self._reduce("sum", skipna=skipna, min_count=min_count)

    def _reduce(self, name: str, *, skipna: bool = True, keepdims: bool = False, **kwargs: Any) -> Any:
        found = reductions.reduced(self._cells, name, skipna=skipna, keepdims=keepdims, **kwargs)
        made = self._made_of(found)
        return made[0] if isinstance(found, Cells) and not keepdims else made

    def _mode(self, dropna: bool = True) -> Self:
        found = pd.Series(nullable(self._cells)).mode(dropna=dropna).array
        uniques = self.factorize(use_na_sentinel=dropna)[1]
        modes = uniques[uniques.isin(found) | (~uniques.visible & found.isna().any())]
        return cast("Self", modes[modes.argsort()])

    def argmin(self, skipna: bool = True) -> int:
        """Return the place of the smallest visible cell; hidden ones are smaller, so it warns of them."""
        reductions.biased(self._cells, "argmin")
        return int(super().argmin(skipna))  # type: ignore[misc]

    def _rank(self, **kwargs: Any) -> Any:
        reductions.biased(self._cells, "rank")
        return super()._rank(**kwargs)  # type: ignore[misc]

    # ---- leaving ------------------------------------------------------------------------------------------------

    def tolist(self) -> list[Any]:
        """Return the cells one by one; they remember what they are."""
        return list(scalars_of(self._cells))

    def to_numpy(
        self, dtype: Any = None, copy: bool = False, na_value: Any = pd.api.extensions.no_default
    ) -> Any:
        """Convert to a numpy array; a warning tells if hidden cells go along.

        Parameters
        ----------
        dtype : optional
            int64 if all cells are visible and whole, else float64 with NaN; cells that remember what they are for
            ``object``.
        copy : bool
        na_value : optional
            What to put where nothing is shown.
        """
        why = leaving.leave(self._cells, "to_numpy", typed=dtype is not None)
        if why is Purpose.DISPLAY and dtype is not None and np.dtype(dtype).kind == "O":
            if formatted_by_hand():
                return to_format(self._cells, leaving.as_array(self._cells, object, copy=True))
            return texts(self._cells)
        if why in {Purpose.OBJECTS, Purpose.PRODUCT} and dtype is None:
            # A frame of one column is turned over, stacked and iterated as those of many are: as cells.
            dtype = object
        result = leaving.as_array(self._cells, dtype, na_value, copy=copy)
        directly = why is Purpose.EXPORT and called_directly()
        return leaving.exported(result, self._cells) if directly else result

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        same = dtype is None or np.dtype(dtype) == self._cells.values.dtype
        if copy is False and not (same and self.visible.all()):
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        return np.asarray(self.to_numpy(dtype=dtype, copy=bool(copy)))

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Convert to another dtype; a warning tells if hidden cells leave."""
        dtype = pandas_dtype(dtype)
        if isinstance(dtype, DiscretionisedDtype):
            made = self.unchecked(converted(self._cells, whole=dtype.kind == "i"))
            return (self.copy() if copy else self) if dtype == self.dtype else made
        if dtype.kind == "O" and (rows := self._turned_over()) is not None:
            return rows
        leaving.leave(self._cells, f"astype({dtype})")
        if isinstance(dtype, ExtensionDtype) or dtype.kind in "iubSU":
            return nullable(self._cells).astype(dtype)
        return leaving.as_array(self._cells, dtype, copy=copy)

    def _turned_over(self) -> NDArray[np.object_] | None:
        """The rows of the frame that pandas turns over, to be found in the places of their cells; else None.

        pandas takes an object for each cell and makes a column of those of each row: far dearer than to take the rows
        at once.
        """
        work = turning_over()
        if work is None:
            return None
        rows: NDArray[np.object_] | None = work.get("__jobindsats_rows")
        if rows is None and all(dtype == self.dtype for dtype in work["self"].dtypes):
            columns = [column.array._cells for _, column in work["self"].items()]
            rows = work["__jobindsats_rows"] = np.empty(len(self), dtype=object)
            for place, cells in enumerate(places.turned_over(columns)):
                rows[place] = self.unchecked(cells)
        return rows

    def __arrow_array__(self, type: Any = None) -> Any:  # noqa: A002 - pyarrow's name
        return to_arrow(self._cells, type)


def _operator(function: Callable[..., Any], **options: Any) -> Any:
    def operate(self: DiscretionisedArray, other: Any) -> Any:
        if isinstance(other, _PANDAS):
            return NotImplemented
        return self._made_of(function(self._cells, operators.operand(_inside(other), len(self)), **options))

    return operate


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "divmod", "matmul"):
    for _reflected in (False, True):
        _made = _operator(operators.arithmetic, name=_name, reflected=_reflected)
        setattr(DiscretionisedArray, f"__{'r' * _reflected}{_name}__", _made)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(DiscretionisedArray, f"__{_name}__", _operator(operators.compared, name=_name))


def _cells_of(values: Any, *, whole: bool | None) -> Cells:
    """Cells from anything that holds numbers, as whole numbers or decimals."""
    if isinstance(values, pd.Series | pd.Index):
        values = values.array
    if isinstance(values, DiscretionisedArray):
        return values._cells if whole is None else converted(values._cells, whole=whole)
    cells = cells_from(values, whole=whole)
    holes = cells.status == CellStatus.HOLE
    if not holes.any() or not (appending() or looking_back()):
        return cells
    # Where pandas appends a bare missing value by its label, or finds none before a day, a hidden cell may have stood.
    return replace(cells, status=np.where(holes, np.uint8(CellStatus.NOT_AVAILABLE), cells.status))


def _check(values: Any, status: Any, addresses: Any, registry: Registry) -> None:
    """Raise if these are no arrays of cells."""
    for what, array, dtypes, hint in (
        ("values", values, ("int64", "float64"), "; use pd.array(...) for others"),
        ("status", status, ("uint8",), " of CellStatus"),
        ("addresses", addresses, ("int64",), ", as AddressSpace.encode gives"),
    ):
        if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.name not in dtypes:
            raise TypeError(f"{what} must be a one-dimensional {' or '.join(dtypes)} array{hint}")
    if not len(values) == len(status) == len(addresses):
        raise ValueError(
            f"lengths differ: {len(values)} values, {len(status)} statuses, {len(addresses)} addresses"
        )
    if len(status) and status.max() > max(CellStatus):
        raise ValueError(f"no such status: {status.max()}")
    size = registry.offsets[-1] + registry.spaces[-1].size if registry.spaces else 0
    if len(addresses) and (addresses.max() >= size or addresses.min() < STATISTIC):
        raise ValueError(f"addresses lie outside the registry, which numbers {size} cells")


def _hidden_beside_visible() -> DiscretionisedArray:
    """Make what the canary tries."""
    status = np.array([CellStatus.OBSERVED, CellStatus.DISCRETIONISED], dtype=np.uint8)
    return DiscretionisedArray(np.array([5, 1], dtype=np.int64), status)


def _cells_of_old(state: dict[str, Any]) -> Cells:
    """What pickles of before there were bundles hold; an address was once called a part."""
    addresses = state["_addresses" if "_addresses" in state else "_parts"]
    cells = Cells(state["_numbers"], state["_status"], addresses, state["_registry"], state["_dropped"])
    return restored(cells, state.get("_left"))


def _inside(other: Any) -> Any:
    """The cells of an array of ours, anything else as it is."""
    return other._cells if isinstance(other, DiscretionisedArray) else other


def _bare(other: Any) -> Any:
    """The numbers of an array of ours, anything else as it is."""
    return nullable(other._cells) if isinstance(other, DiscretionisedArray) else other


def _without_ellipsis(item: Any) -> Any:
    if not isinstance(item, tuple):
        return item
    rest = [one for one in item if one is not Ellipsis]
    if len(rest) > 1:
        raise IndexError("too many indices for array.")
    return rest[0] if rest else slice(None)
