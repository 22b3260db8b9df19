"""`DiscretionisedArray`: a pandas extension array that knows what each number is, and adds only what adds.

Hooks of pandas overridden here that are not part of its documented interface, all in one place, for the day one
of them changes: ``_from_scalars``, ``_cast_pointwise_result``, ``_pad_or_backfill``, ``_groupby_op``,
``_groupby_quantile``, ``_groupby_first_last``, ``_quantile``, ``_rank``, ``_mode``, ``_values_for_json``,
``_hash_pandas_object`` and ``_readonly``. `_plain_array` hands the numbers to pandas' own nullable arrays, whose
``_reduce``, ``_accumulate``, ``_groupby_op`` and ``_groupby_quantile`` compute everything that is not a sum.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray, take
from pandas.api.indexers import check_array_indexer
from pandas.api.types import is_list_like, pandas_dtype

from jobindsats_pandas.disclosure.arithmetic import (
    derived_status,
    negated,
    paired_parts,
    paired_status,
    rounded_parts,
    undefined,
    zero_where_left_out,
)
from jobindsats_pandas.disclosure.callers import (
    Purpose,
    called_directly,
    purpose,
    stripping,
    warn_hidden,
    warn_removed,
)
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    aligned,
    count_hidden,
    is_hidden,
    is_missing,
    unknown_parts,
)
from jobindsats_pandas.disclosure.display import texts
from jobindsats_pandas.disclosure.dtype import DiscretionisedDtype
from jobindsats_pandas.disclosure.exported import exported
from jobindsats_pandas.disclosure.messages import sum_error
from jobindsats_pandas.disclosure.parts import NOTHING, STATISTIC, UNKNOWN, Codes, Registry, merge_registries
from jobindsats_pandas.disclosure.scalars import Cell, cell, scalar_parts, scalars_of
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums, sums_allowed

__all__ = ["DiscretionisedArray"]

_EMPTY = Registry()
_PLAIN_OUT = "df.jobindsats.plain() gives ordinary numbers with the statuses beside them"
# Statistics that hidden cells bias; the largest cell, the count and the like they do not touch.
_BIASED = frozenset(
    ["mean", "median", "prod", "min", "std", "var", "sem", "skew", "kurt", "first", "last", "ohlc", "quantile", "idxmin", "cummin", "cumprod"]
)


class DiscretionisedArray(ExtensionArray):
    """Numbers with, for each, a status and the cell of the table that it belongs to.

    Parameters
    ----------
    values : int64 or float64 array
        What stands under a cell that is not shown is ignored.
    status : uint8 array
        Of `CellStatus`.
    parts : int64 array, optional
        From `PartSpace.encode`; unknown by default.
    registry : Registry, optional
        What the parts are numbered in.
    copy : bool
        Whether to copy the arrays; else they must not be changed any more.

    Raises
    ------
    TypeError, ValueError
        Other dtypes, lengths that differ, statuses or parts that do not exist.

    Examples
    --------
    >>> from jobindsats_pandas.disclosure import PartMeasure, PartSpace
    >>> from jobindsats_pandas.kinds import Kind
    >>> space = PartSpace("y01h01", "Sanktioner", (PartMeasure("m", "Antal sanktioner", Kind.FLOW),),
    ...                   (("Q", "2025Q02"), ("Q", "2025Q03"), ("Q", "2025Q04")), ())
    >>> array = DiscretionisedArray(np.array([12, 0, 4]), np.array([0, 1, 0], dtype=np.uint8),
    ...                             space.encode(0, [0, 1, 2]), Registry.of(space))
    >>> array
    <DiscretionisedArray>
    [12, <3, 4]
    Length: 3, dtype: discretionised[Int64]
    >>> array[[0, 2]].sum()
    16
    >>> array.sum()
    Traceback (most recent call last):
        ...
    jobindsats_pandas.errors.InvalidSumError: sum: refused for 3 cells of 'Antal sanktioner' (y01h01).
    ...
    """

    _numbers: NDArray[np.int64] | NDArray[np.float64]
    _status: NDArray[np.uint8]
    _parts: Codes
    _registry: Registry
    _dropped: int
    # Whether all cells are of one level in every dimension; None: not looked at yet. True holds for every subset.
    _uniform: bool | None
    # An array is asked to add itself to others rather than the other way round.
    __array_priority__ = 1000

    def __init__(
        self,
        values: NDArray[np.int64] | NDArray[np.float64],
        status: NDArray[np.uint8],
        parts: Codes | None = None,
        registry: Registry | None = None,
        *,
        copy: bool = False,
    ) -> None:
        if (
            not isinstance(values, np.ndarray)
            or values.dtype not in (np.int64, np.float64)
            or values.ndim != 1
        ):
            raise TypeError(
                "values must be a one-dimensional int64 or float64 array; use pd.array(...) for others"
            )
        if not isinstance(status, np.ndarray) or status.dtype != np.uint8:
            raise TypeError("status must be a uint8 array of CellStatus")
        if parts is None:
            parts = unknown_parts(len(values))
        registry = _EMPTY if registry is None else registry
        if not isinstance(parts, np.ndarray) or parts.dtype != np.int64:
            raise TypeError("parts must be an int64 array, as PartSpace.encode gives")
        if not len(values) == len(status) == len(parts):
            raise ValueError(
                f"lengths differ: {len(values)} values, {len(status)} statuses, {len(parts)} parts"
            )
        if len(status) and status.max() > max(CellStatus):
            raise ValueError(f"no such status: {status.max()}")
        if len(parts):
            size = registry.offsets[-1] + registry.spaces[-1].size if registry.spaces else 0
            if parts.max() >= size or parts.min() < STATISTIC:
                raise ValueError(f"parts lie outside the registry, which numbers {size} cells")
        if copy:
            values, status, parts = values.copy(), status.copy(), parts.copy()
        if values.dtype.kind == "f":
            status = undefined(values, status)
        self._set(_blanked(values, status), status, parts, registry, 0)

    def _set(
        self, values: Any, status: NDArray[np.uint8], parts: Codes, registry: Registry, dropped: int = 0
    ) -> None:
        self._numbers, self._status, self._parts = values, status, parts
        self._registry, self._dropped, self._uniform = registry, dropped, None

    @classmethod
    def _simple_new(
        cls, values: Any, status: NDArray[np.uint8], parts: Codes, registry: Registry, dropped: int = 0
    ) -> Self:
        """Build without looking; for arrays that come from others."""
        made = cls.__new__(cls)
        made._set(values, status, parts, registry, dropped)
        return made

    @classmethod
    def _of(cls, cells: Cells) -> Self:
        return cls._simple_new(cells.values, cells.status, cells.parts, cells.registry, cells.dropped)

    # ---- what it holds ------------------------------------------------------------------------------------------

    @property
    def cells(self) -> Cells:
        """Everything, without pandas; shares memory with the array."""
        return Cells(self._numbers, self._status, self._parts, self._registry, self._dropped)

    @property
    def status(self) -> NDArray[np.uint8]:
        """The status of each cell (`CellStatus`), read-only."""
        return _read_only(self._status)

    @property
    def parts(self) -> Codes:
        """The part of each cell, numbered in `registry`, read-only."""
        return _read_only(self._parts)

    @property
    def registry(self) -> Registry:
        """What the parts are numbered in."""
        return self._registry

    @property
    def dropped(self) -> int:
        """How many hidden cells a `dropna` took away; sums are refused then."""
        return self._dropped

    @property
    def visible(self) -> NDArray[np.bool_]:
        """Where a number is shown."""
        return ~is_missing(self._status)

    @property
    def numbers(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """The bare numbers, read-only and unguarded; what stands under a cell that is not `visible` means nothing."""
        return _read_only(self._numbers)

    def plain(self) -> ExtensionArray:
        """Ordinary nullable numbers (``Int64`` or ``Float64``), NA where nothing is shown. Nothing guards them."""
        return self._plain_array().copy()

    def _plain_array(self) -> Any:
        array = pd.arrays.IntegerArray if self._numbers.dtype.kind == "i" else pd.arrays.FloatingArray
        return array(cast("Any", self._numbers), is_missing(self._status))

    def _decimal_array(self) -> Any:
        return pd.arrays.FloatingArray(self._numbers.astype(np.float64), is_missing(self._status))

    # ---- what every extension array has -------------------------------------------------------------------------

    @property
    def dtype(self) -> DiscretionisedDtype:
        """``discretionised[Int64]`` or ``discretionised[Float64]``."""
        return _INTEGER if self._numbers.dtype.kind == "i" else _DECIMAL

    @property
    def nbytes(self) -> int:
        """17 bytes for each cell."""
        return self._numbers.nbytes + self._status.nbytes + self._parts.nbytes

    def __len__(self) -> int:
        return len(self._numbers)

    def isna(self) -> NDArray[np.bool_]:
        """Where nothing is shown: discretionised, not available or absent."""
        return is_missing(self._status)

    @property
    def _hasna(self) -> bool:
        return bool(is_missing(self._status).any())

    def copy(self) -> Self:
        """Return a copy of everything."""
        made = self._simple_new(
            self._numbers.copy(), self._status.copy(), self._parts.copy(), self._registry, self._dropped
        )
        made._uniform = self._uniform
        return made

    def view(self, dtype: Any = None) -> Any:
        """Return a new array on the same memory."""
        if dtype is not None:
            raise NotImplementedError(dtype)
        return self[:]

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> Self:
        wanted = None if dtype is None else cast("DiscretionisedDtype", pandas_dtype(dtype))
        array = cls._of(_cells_from(scalars, whole=None if wanted is None else wanted.kind == "i"))
        if wanted is not None and wanted != array.dtype:
            array = array._to_numbers(wanted)
        return array.copy() if copy else array

    @classmethod
    def _from_sequence_of_strings(cls, strings: Any, *, dtype: Any, copy: bool = False) -> Self:
        return cls._from_sequence(pd.to_numeric(pd.Series(strings), errors="raise"), dtype=dtype, copy=copy)

    @classmethod
    def _from_scalars(cls, scalars: Any, *, dtype: Any) -> Self:
        if not all(_is_number(one) or _is_na(one) for one in scalars):
            raise TypeError("not all of these are numbers")
        return cls._from_sequence(scalars, dtype=dtype)

    def _cast_pointwise_result(self, values: Any) -> Any:
        values = list(values)
        if not all(_is_number(one) or _is_na(one) for one in values):
            return super()._cast_pointwise_result(values)
        return type(self)._of(_cells_from(values, whole=None if self.dtype.kind == "i" else False))

    @classmethod
    def _from_factorized(cls, values: Any, original: Self) -> Self:
        return cls._from_sequence(values, dtype=original.dtype)

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[Self]) -> Self:
        several = [array.cells for array in to_concat]
        registry, parts = aligned(*several)
        return cls._simple_new(
            np.concatenate([cells.values for cells in several]),
            np.concatenate([cells.status for cells in several]),
            np.concatenate(parts),
            registry,
            sum(cells.dropped for cells in several),
        )

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, tuple):
            item = _without_ellipsis(item)
        if isinstance(item, int | np.integer):
            return self._scalar(int(item))
        item = check_array_indexer(self, item)
        if isinstance(item, int | np.integer):
            return self._scalar(int(item))
        made = self._simple_new(
            self._numbers[item], self._status[item], self._parts[item], self._registry, self._dropped
        )
        made._uniform = self._uniform or None
        if isinstance(item, slice):
            made._readonly = self._readonly
        else:
            made._dropped += self._taken_away(made)
        return made

    def _scalar(self, place: int) -> Any:
        status, part = int(self._status[place]), int(self._parts[place])
        if status == CellStatus.ABSENT and part == UNKNOWN:
            return self.dtype.na_value
        return cell(self._numbers[place].item(), status, part, self._registry, whole=self.dtype.kind == "i")

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> Self:
        """Take cells by position; what pandas makes up with ``allow_fill`` is absent, and counts as 0."""
        indices = np.asarray(indices, dtype=np.intp)
        if not allow_fill or (len(indices) and len(self) and indices.min() >= 0):
            if len(self) == 0 and len(indices):
                raise IndexError("cannot do a non-empty take from an empty axes.")
            made = self._simple_new(
                self._numbers.take(indices),
                self._status.take(indices),
                self._parts.take(indices),
                self._registry,
                self._dropped,
            )
            made._uniform = self._uniform or None
            made._dropped += self._taken_away(made)
            return made
        filling = _cells_from([fill_value], whole=self.dtype.kind == "i")
        if fill_value is None or (_is_na(fill_value) and not isinstance(fill_value, Cell)):
            filling = Cells(
                filling.values, np.array([CellStatus.ABSENT], np.uint8), filling.parts, filling.registry
            )
        elif not isinstance(fill_value, Cell):
            # A zero where nothing was counts as the nothing that it stands for.
            part = NOTHING if fill_value == 0 else UNKNOWN
            filling = Cells(filling.values, filling.status, np.array([part]), filling.registry)
        registry, (ours, theirs) = aligned(self.cells, filling)
        return self._simple_new(
            take(self._numbers, indices, allow_fill=True, fill_value=filling.values[0]),
            take(self._status, indices, allow_fill=True, fill_value=filling.status[0]),
            take(ours, indices, allow_fill=True, fill_value=theirs[0]),
            registry,
            self._dropped,
        )

    def _taken_away(self, taken: Self) -> int:
        """How many hidden cells vanished, if exactly the visible ones were kept: that is a dropna, by whatever name."""
        hidden = count_hidden(self._status)
        if not hidden or len(taken) == 0 or is_missing(taken._status).any():
            return hidden if hidden and len(taken) == 0 and hidden == len(self) else 0
        visible = len(self) - int(np.count_nonzero(is_missing(self._status)))
        return hidden if len(taken) == visible else 0

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._readonly:
            raise ValueError("Cannot modify read-only array")
        if isinstance(key, tuple):
            key = _without_ellipsis(key)
        key = check_array_indexer(self, key)
        single = not is_list_like(value)
        if single and not (_is_number(value) or _is_na(value)):
            raise TypeError(f"Invalid value '{value!s}' for dtype '{self.dtype}'")
        incoming = _cells_from([value] if single else value, whole=True if self.dtype.kind == "i" else False)
        self._overwrite(key, incoming, plain=_is_plain(value))

    def _overwrite(self, key: Any, incoming: Cells, *, plain: bool) -> None:
        """Write cells over others; a plain number over a hidden cell is a guess, and stays one."""
        registry, (ours, theirs) = aligned(self.cells, incoming)
        old_status, old_parts = np.atleast_1d(self._status[key]), np.atleast_1d(ours[key])
        shape = old_status.shape
        values = np.broadcast_to(incoming.values, shape).copy()
        status = np.broadcast_to(incoming.status, shape).copy()
        parts = np.broadcast_to(theirs, shape).copy()
        hidden = is_hidden(old_status) | (old_status == CellStatus.FILLED)
        if plain or incoming.registry is _EMPTY:
            guessed = hidden & ~is_missing(status)
            status[guessed] = CellStatus.FILLED
            parts[guessed] = old_parts[guessed]
            parts[~guessed & ~is_missing(status) & (values == 0)] = NOTHING
        # Nothing written over a hidden cell does not unhide it.
        kept = hidden & (status == CellStatus.ABSENT) & (parts == UNKNOWN)
        values[kept] = np.atleast_1d(self._numbers[key])[kept]
        status[kept], parts[kept] = old_status[kept], old_parts[kept]
        if np.ndim(self._status[key]) == 0:
            values, status, parts = values[0], status[0], parts[0]
        if ours is not self._parts:
            self._parts = ours.copy()
        self._numbers[key], self._status[key], self._parts[key] = values, status, parts
        self._registry, self._uniform = registry, None

    def __iter__(self) -> Iterator[Any]:
        if count_hidden(self._status) and (how := stripping()):
            self._warn_leaving(how)
        return iter(scalars_of(self.cells))

    def tolist(self) -> list[Any]:
        """Return the cells one by one; they remember what they are."""
        return scalars_of(self.cells)

    def map(self, mapper: Any, na_action: Any = None) -> Any:
        """Map single cells; those that a function hands on remember what they are."""
        if not callable(mapper):
            return super().map(mapper, na_action=na_action)
        cells = scalars_of(self.cells)
        if na_action == "ignore":
            return self._cast_pointwise_result([one if _is_na(one) else mapper(one) for one in cells])
        return self._cast_pointwise_result([mapper(one) for one in cells])

    def __contains__(self, item: object) -> bool:
        if isinstance(item, float) and item != item:  # noqa: PLR0124 - the test for NaN
            return self._hasna
        return _is_number(item) and bool(np.any((self._numbers == item) & self.visible))

    # ---- looking at it ------------------------------------------------------------------------------------------

    def _formatter(self, boxed: bool = False) -> Callable[[Any], str | None]:
        if boxed:
            return str
        return lambda one: str(texts(_cells_from([one], whole=self.dtype.kind == "i"))[0])

    # ---- leaving it ---------------------------------------------------------------------------------------------

    def _objects(self) -> NDArray[np.object_]:
        result = np.empty(len(self), dtype=object)
        result[:] = scalars_of(self.cells)
        return result

    def _leave(self, how: str, *, typed: bool = True) -> Purpose:
        """Notice that plain numbers leave: refuse a sum, warn of hidden cells."""
        why = purpose(typed=typed)
        if why is Purpose.SUM:
            self._check(None, 1, "sum")
        elif why is Purpose.WINDOW_SUM:
            self._check(None, 1, "sum over windows, which is checked over the whole column")
        elif why is Purpose.STATISTIC:
            self._warn_biased(how)
        elif why is Purpose.EXPORT:
            self._warn_leaving(how)
        return why

    def _warn_leaving(self, how: str) -> None:
        filled = int(np.count_nonzero(self._status == CellStatus.FILLED))
        hidden = count_hidden(self._status) + filled + self._dropped
        if hidden:
            warn_removed(
                f"{how}: {hidden:,} of {len(self) + self._dropped:,} cells are hidden or not available"
                f"{', or were before they were filled or dropped' if filled or self._dropped else ''};"
                f" they leave as missing values, and nothing guards sums of what leaves. {_PLAIN_OUT}."
            )

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
        why = self._leave("to_numpy", typed=dtype is not None)
        if why is Purpose.DISPLAY and dtype is not None and np.dtype(dtype) == object:
            return texts(self.cells)
        if why is Purpose.OBJECTS and dtype is None:
            # A frame of one column is turned over, stacked and iterated as those of many are: as cells.
            dtype = object
        result = self._to_numpy(dtype, na_value, copy=copy)
        return exported(result, self.cells) if why is Purpose.EXPORT and called_directly() else result

    def _to_numpy(self, dtype: Any, na_value: Any, *, copy: bool) -> Any:
        missing = is_missing(self._status)
        given = na_value is not pd.api.extensions.no_default
        if dtype is None:
            dtype = np.float64 if missing.any() else self._numbers.dtype
            if given and not _is_na(na_value) and float(na_value).is_integer():
                dtype = self._numbers.dtype
        dtype = np.dtype(dtype)
        if dtype == object:
            result = self._objects()
            if given:
                result[missing] = na_value
            return result
        if dtype.kind in "iub" and missing.any() and (not given or _is_na(na_value)):
            raise ValueError(
                f"cannot convert to '{dtype}'-dtype NumPy array with missing values."
                " Specify an appropriate 'na_value' for this dtype."
            )
        result = self._numbers.astype(dtype, copy=copy or bool(missing.any()))
        if missing.any():
            result[missing] = np.nan if not given or na_value is pd.NA else na_value
        elif result is self._numbers and self._readonly:
            result = _read_only(result)
        return result

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False and (self._hasna or (dtype is not None and np.dtype(dtype) != self._numbers.dtype)):
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        return np.asarray(self.to_numpy(dtype=dtype, copy=bool(copy)))

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Convert to another dtype; a warning tells if hidden cells leave."""
        dtype = pandas_dtype(dtype)
        if dtype == self.dtype:
            return self.copy() if copy else self
        if isinstance(dtype, DiscretionisedDtype):
            return self._to_numbers(dtype)
        if dtype.kind in "SU" or isinstance(dtype, pd.StringDtype):
            self._leave(f"astype({dtype})")
            return self._as_text(dtype)
        if isinstance(dtype, pd.api.extensions.ExtensionDtype):
            self._leave(f"astype({dtype})")
            return self._plain_array().astype(dtype, copy=copy)
        self._leave(f"astype({dtype})")
        if dtype.kind in "iu" and self._hasna:
            raise ValueError("cannot convert NA to integer")
        if dtype.kind == "b" and self._hasna:
            raise ValueError("cannot convert float NaN to bool")
        return self._to_numpy(dtype, pd.api.extensions.no_default, copy=copy)

    def _as_text(self, dtype: Any) -> Any:
        whole = self.dtype.kind == "i"
        shown = [str(number) for number in self._numbers.tolist()]
        plain = np.array(shown, dtype=object) if whole or shown else np.empty(0, dtype=object)
        if isinstance(dtype, pd.StringDtype):
            plain[is_missing(self._status)] = dtype.na_value
            return dtype.construct_array_type()._from_sequence(plain, dtype=dtype)
        plain[is_missing(self._status)] = "nan"
        return plain.astype(dtype)

    def _to_numbers(self, dtype: DiscretionisedDtype) -> Self:
        """Whole numbers as decimals, or decimals as whole numbers if they are."""
        if dtype.kind == "f":
            values = self._numbers.astype(np.float64)
        else:
            missing = is_missing(self._status)
            whole = np.where(missing, 1, self._numbers)
            values = whole.astype(np.int64)
            if not (values == whole).all():
                raise TypeError("cannot safely cast non-equivalent float64 to int64")
        return self._simple_new(
            _blanked(values, self._status), self._status, self._parts, self._registry, self._dropped
        )

    def _values_for_json(self) -> NDArray[Any]:
        return self.to_numpy(dtype=np.float64 if self._hasna else None)  # type: ignore[no-any-return]

    def __arrow_array__(self, type: Any = None) -> Any:
        from jobindsats_pandas.disclosure.arrow import to_arrow

        return to_arrow(self, type)

    # ---- sums ---------------------------------------------------------------------------------------------------

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
            return self[:0].take(np.array([-1]), allow_fill=True)
        places = np.flatnonzero(~missing)
        best = getattr(np, f"arg{name}")(self._numbers[places])
        return self[places[best] : places[best] + 1]

    def _statistic(self, values: Any) -> Self:
        """Numbers that belong to no cell and are of kind none."""
        decimal = np.array([np.nan if _is_na(value) else value for value in values], dtype=np.float64)
        status = np.where(np.isnan(decimal), CellStatus.NOT_AVAILABLE, CellStatus.DERIVED).astype(np.uint8)
        return self._simple_new(decimal, status, np.full(len(decimal), STATISTIC), self._registry)

    def _warn_biased(self, name: str) -> None:
        """Warn of what a statistic does not see, and of totals among the parts."""
        if hidden := count_hidden(self._status):
            warn_hidden(
                f"{name}: {hidden:,} of {len(self):,} cells are hidden or not available; computed on the others alone."
            )
        if mixed := self._mixed_levels():
            warn_hidden(
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

    def _accumulate(self, name: str, *, skipna: bool = True, **kwargs: Any) -> ExtensionArray:
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
            result = self._sum(check)
            few = min_count > 0
            if few or not kwargs.get("skipna", True):
                missing = is_missing(self._status)
                shown = np.bincount(ids[(ids >= 0) & ~missing], minlength=ngroups)
                empty = shown < max(min_count, 0)
                if not kwargs.get("skipna", True):
                    empty |= np.bincount(ids[(ids >= 0) & missing], minlength=ngroups) > 0
                if empty.any():
                    result[empty] = np.nan
            return result
        if how in ("first", "last"):
            self._warn_biased(how)
            result = self._groupby_first_last(
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

    # ---- computing with it --------------------------------------------------------------------------------------

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
            _blanked(values, status), status, unknown_parts(len(values)), self._registry, self._dropped
        )

    def __neg__(self) -> Any:
        return self * -1

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
        registry, parts = rounded_parts(self.cells, decimals)
        values = np.round(self._numbers, decimals)
        return self._simple_new(values, derived_status(self._status), parts, registry, self._dropped)

    def _arithmetic(self, other: Any, name: str, *, reflected: bool) -> Any:
        if isinstance(other, pd.Series | pd.DataFrame | pd.Index):
            return NotImplemented
        other = _operand(other, len(self))
        function = divmod if name == "divmod" else getattr(operator, name)
        guarded = isinstance(other, DiscretionisedArray)
        if guarded and name == "add":
            return self._added(other)
        if name == "sub" and not reflected and guarded and negated(other.cells):
            return self._added(-other)
        if name == "sub" and reflected and not guarded and not is_list_like(other) and other == 0:
            return -self
        mine = zero_where_left_out(self.cells) if guarded else self.cells
        theirs = zero_where_left_out(other.cells) if guarded else None
        left = type(self)._of(mine)._plain_array()
        right = type(self)._of(theirs)._plain_array() if theirs is not None else other
        if not guarded and _is_na(right):
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
            registry, parts = paired_parts(name, *pair)
        elif isinstance(other, int | float | np.number) and not _is_na(other):
            registry, parts = scalar_parts(name, mine, float(other), reflected=reflected)
            status = self._status if parts is self._parts else derived_status(self._status)
        else:
            status, registry, parts = derived_status(self._status), self._registry, unknown_parts(len(self))
        status = np.where(missing & ~is_missing(status), np.uint8(CellStatus.NOT_AVAILABLE), status)
        return self._simple_new(_blanked(values, status), status, parts, registry, self._dropped)

    def _added(self, other: Self) -> Self:
        """Pair by pair the sum of two cells, by the same rules; hidden where either is."""
        if len(other) == 1 and len(self) != 1:
            other = other.take(np.zeros(len(self), dtype=np.intp))
        ours, theirs = zero_where_left_out(self.cells), zero_where_left_out(other.cells)
        status = paired_status(ours, theirs)
        hidden = is_missing(status)
        both = type(self)._concat_same_type([self._to_common(other), other._to_common(self)])
        both._dropped = 0
        ids = np.tile(np.where(hidden, -1, np.arange(len(self))), 2)
        check = both._check(ids, len(self), "+")
        made = both._sum(check)
        made._status[hidden], made._parts[hidden] = status[hidden], UNKNOWN
        made._numbers = _blanked(made._numbers, made._status)
        made._dropped = self._dropped + other._dropped
        return made

    def _to_common(self, other: Self) -> Self:
        return self._to_numbers(_DECIMAL) if other.dtype.kind == "f" and self.dtype.kind == "i" else self

    def _compare(self, other: Any, name: str) -> Any:
        if isinstance(other, pd.Series | pd.DataFrame | pd.Index):
            return NotImplemented
        other = _operand(other, len(self))
        if isinstance(other, DiscretionisedArray):
            other = other._plain_array()
        elif _is_na(other):
            other = pd.NA
        result = getattr(operator, name)(self._plain_array(), other)
        if isinstance(result, np.ndarray):
            return result
        # As with NaN: nothing equals a hidden cell, and nothing is known to be larger or smaller.
        return result.to_numpy(dtype=bool, na_value=name == "ne")

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
            if name is not None and len(inputs) == 2 and not kwargs:
                left, right = inputs
                if isinstance(left, DiscretionisedArray):
                    return getattr(left, f"__{name}__")(right)
                return getattr(right, _REFLECTED.get(name, f"__r{name}__"))(left)
            if name in ("neg", "pos", "abs") and not kwargs:
                return getattr(operator, name)(self)
        elif method == "reduce" and ufunc.__name__ in _REDUCTIONS:
            return self._reduce(_REDUCTIONS[ufunc.__name__], skipna=kwargs.get("skipna", True))
        elif method in ("accumulate", "reduceat") and ufunc is np.add:
            self._check(None, 1, f"np.add.{method}")
        elif method != "accumulate":
            return NotImplemented
        plain = [one._plain_array() if isinstance(one, DiscretionisedArray) else one for one in inputs]
        if method != "__call__":
            values = getattr(ufunc, method)(self._numbers, *inputs[1:], **kwargs)
            return type(self)._of(_cells_from(values, whole=None))
        result = ufunc(*plain, **kwargs)
        return tuple(map(self._of_ufunc, result)) if isinstance(result, tuple) else self._of_ufunc(result)

    def _of_ufunc(self, plain: Any) -> Any:
        if getattr(plain, "dtype", np.dtype(object)).kind == "b":
            return plain.to_numpy(dtype=bool, na_value=False) if not isinstance(plain, np.ndarray) else plain
        if getattr(plain, "dtype", np.dtype(object)).kind not in "iuf" or isinstance(plain, np.ndarray):
            return plain
        return self._computed(plain, self._status)

    def __matmul__(self, other: Any) -> Any:
        if isinstance(other, pd.Series | pd.DataFrame | pd.Index):
            return NotImplemented
        if isinstance(other, DiscretionisedArray):
            return (self * other).sum()
        self._check(None, 1, "@")
        return self._numbers @ np.asarray(other)

    def __rmatmul__(self, other: Any) -> Any:
        self._check(None, 1, "@")
        return np.asarray(other) @ self._numbers

    # ---- filling what is not shown ------------------------------------------------------------------------------

    def _pad_or_backfill(
        self, *, method: Any, limit: int | None = None, limit_area: Any = None, copy: bool = True
    ) -> Self:
        padded = super()._pad_or_backfill(method=method, limit=limit, limit_area=limit_area, copy=copy)
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
        return self._simple_new(
            _blanked(values, status), status, self._parts.copy(), self._registry, self._dropped
        )

    # ---- sorting, grouping, finding -----------------------------------------------------------------------------

    def _values_for_argsort(self) -> NDArray[Any]:
        return self._numbers

    def _values_for_factorize(self) -> tuple[NDArray[Any], Any]:
        return np.where(is_missing(self._status), np.nan, self._numbers.astype(np.float64)), np.nan

    def factorize(self, use_na_sentinel: bool = True) -> tuple[NDArray[np.intp], Self]:
        """Number the distinct values; the uniques are the first cells that hold them."""
        codes, uniques = pd.factorize(self._plain_array(), use_na_sentinel=use_na_sentinel)
        first = np.full(len(uniques), -1, dtype=np.intp)
        shown = np.flatnonzero(codes >= 0)[::-1]
        first[codes[shown]] = shown
        return codes, self._simple_new(
            self._numbers[first], self._status[first], self._parts[first], self._registry, self._dropped
        )

    def unique(self) -> Self:
        """Return the first cell of each distinct value."""
        return self.factorize(use_na_sentinel=False)[1]

    def isin(self, values: Any) -> NDArray[np.bool_]:
        """Where a visible cell holds one of the values."""
        if isinstance(values, DiscretionisedArray):
            values = values._plain_array()
        found: NDArray[np.bool_] = np.asarray(pd.Series(self._plain_array()).isin(values), dtype=bool)
        return found

    def searchsorted(self, value: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Find where values would be inserted to keep the order."""
        if isinstance(value, DiscretionisedArray):
            value = value._numbers
        if self._hasna:
            raise ValueError(
                "searchsorted requires array to be sorted, which is impossible with NAs present."
            )
        return self._numbers.searchsorted(value, side=side, sorter=sorter)

    def _quantile(self, qs: NDArray[np.float64], interpolation: str) -> Self:
        self._warn_biased("quantile")
        quantiles = pd.Series(self._decimal_array()).quantile(qs, interpolation=cast("Any", interpolation))
        return self._statistic(quantiles.to_numpy(np.float64, na_value=np.nan))

    def _mode(self, dropna: bool = True) -> Self:
        return self._computed(pd.Series(self._plain_array()).mode(dropna=dropna).array, None)

    def _rank(self, **kwargs: Any) -> Any:
        kwargs.pop("axis", None)
        return pd.Series(self._plain_array()).rank(**kwargs).to_numpy(np.float64, na_value=np.nan)


def _operator(name: str, *, reflected: bool = False) -> Callable[[Any, Any], Any]:
    def method(self: DiscretionisedArray, other: Any) -> Any:
        return self._arithmetic(other, name, reflected=reflected)

    method.__name__ = f"__{'r' if reflected else ''}{name}__"
    return method


def _comparison(name: str) -> Callable[[Any, Any], Any]:
    def method(self: DiscretionisedArray, other: Any) -> Any:
        return self._compare(other, name)

    method.__name__ = f"__{name}__"
    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "divmod"):
    for _reflected in (False, True):
        _made = _operator(_name, reflected=_reflected)
        setattr(DiscretionisedArray, _made.__name__, _made)
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(DiscretionisedArray, f"__{_name}__", _comparison(_name))

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
_REDUCTIONS = {
    "add": "sum",
    "multiply": "prod",
    "minimum": "min",
    "maximum": "max",
    "logical_and": "all",
    "logical_or": "any",
}
_INTEGER, _DECIMAL = DiscretionisedDtype("Int64"), DiscretionisedDtype("Float64")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(
        value, bool | np.bool_
    )


def _is_na(value: Any) -> bool:
    return (
        value is None or value is pd.NA or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
    )


def _is_plain(value: Any) -> bool:
    """Whether what is written is a bare number, or bare numbers, rather than cells."""
    return not isinstance(value, Cell | DiscretionisedArray) and not (
        is_list_like(value) and not hasattr(value, "dtype") and any(isinstance(one, Cell) for one in value)
    )


def _without_ellipsis(item: tuple[Any, ...]) -> Any:
    rest = [one for one in item if one is not Ellipsis]
    if len(rest) > 1:
        raise IndexError("too many indices for array.")
    return rest[0] if rest else slice(None)


def _read_only(array: Any) -> Any:
    view = array.view()
    view.flags.writeable = False
    return view


def _blanked(values: Any, status: NDArray[np.uint8]) -> Any:
    """Values with the same thing under every cell that is not shown: 1, which divides, or NaN."""
    missing = is_missing(status)
    if not missing.any():
        return values
    return np.where(missing, values.dtype.type(1 if values.dtype.kind == "i" else np.nan), values)


def _without_missing(status: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Statuses of sums: under `allow_sums`, that of a lone hidden cell is 0."""
    return np.where(is_missing(status), np.uint8(CellStatus.DERIVED), status)


def _operand(other: Any, length: int) -> Any:
    """What arithmetic is done with, in one of few forms; lengths must agree."""
    if isinstance(other, Cell):
        return DiscretionisedArray._of(other.as_cells()).take(np.zeros(length, dtype=np.intp))
    if isinstance(other, np.ndarray) and other.ndim == 0:
        return other[()]
    if is_list_like(other):
        if len(other) != length:
            raise ValueError("Lengths must match")
        if not isinstance(other, ExtensionArray | np.ndarray):
            other = pd.array(list(other))
        if getattr(other, "ndim", 1) > 1:
            raise NotImplementedError("can only perform ops with 1-d structures")
    return other


def _cells_from(values: Any, *, whole: bool | None) -> Cells:
    """Cells from anything that holds numbers: guarded arrays, single cells, bare numbers, missing values.

    Bare numbers belong to no known cell; what is missing among them is absent.
    """
    if isinstance(values, pd.Series | pd.Index):
        values = values.array
    if isinstance(values, DiscretionisedArray):
        cells = values.cells
        if whole and cells.values.dtype.kind == "f":
            cells = values._to_numbers(_INTEGER).cells
        elif whole is False and cells.values.dtype.kind == "i":
            cells = values._to_numbers(_DECIMAL).cells
        return cells
    if isinstance(values, np.ndarray | ExtensionArray) and getattr(values.dtype, "kind", "O") in "iuf":
        return _cells_from_plain(values, whole)
    scalars = list(values)
    for one in scalars:
        if not (_is_number(one) or _is_na(one)):
            raise TypeError(f"Invalid value {str(one)!r} for dtype discretionised")
    return _cells_from_scalars(scalars, whole)


def _cells_from_plain(values: Any, whole: bool | None) -> Cells:
    missing = np.asarray(pd.isna(values))
    decimals = values.to_numpy(np.float64, na_value=np.nan) if isinstance(values, ExtensionArray) else values
    if values.dtype.kind in "iu" and not missing.any():
        numbers = np.asarray(values, dtype=np.int64)
    else:
        numbers = np.asarray(decimals, dtype=np.float64)
    numbers = _as_numbers(numbers, missing, values.dtype.kind in "iu" if whole is None else whole)
    status = np.where(missing, np.uint8(CellStatus.ABSENT), np.uint8(CellStatus.DERIVED))
    return Cells(numbers, status, unknown_parts(len(numbers)), _EMPTY)


def _as_numbers(numbers: Any, missing: NDArray[np.bool_], whole: bool) -> Any:
    if not whole:
        return np.where(missing, np.nan, numbers.astype(np.float64))
    filled = np.where(missing, 1, numbers)
    integers = filled.astype(np.int64)
    if not (integers == filled).all():
        raise TypeError("cannot safely cast non-equivalent float64 to int64")
    return integers


def _cells_from_scalars(scalars: list[Any], whole: bool | None) -> Cells:
    status = np.empty(len(scalars), dtype=np.uint8)
    parts = unknown_parts(len(scalars))
    registries: dict[int, tuple[Registry, list[int]]] = {}
    plain: list[Any] = []
    for place, one in enumerate(scalars):
        if isinstance(one, Cell):
            status[place], parts[place] = one.status, one.part
            registries.setdefault(id(one.registry), (one.registry, []))[1].append(place)
            plain.append(one.number)
        else:
            missing = _is_na(one)
            status[place] = CellStatus.ABSENT if missing else CellStatus.DERIVED
            plain.append(np.nan if missing else one)
    registry, recoders = merge_registries([known for known, _ in registries.values()] or [_EMPTY])
    for (_, places), recode in zip(registries.values(), recoders, strict=False):
        if recode is not None:
            parts[places] = recode(parts[places])
    missing = is_missing(status)
    if whole is None:
        whole = (
            all(
                isinstance(one, int | np.integer)
                for one, gone in zip(scalars, missing, strict=True)
                if not gone
            )
            and not missing.all()
        )
    if any(isinstance(one, int) and abs(one) > 2**53 for one in plain):
        filled = [1 if gone else one for one, gone in zip(plain, missing, strict=True)]
        return Cells(np.array(filled, dtype=np.int64 if whole else np.float64), status, parts, registry)
    return Cells(_as_numbers(np.array(plain, dtype=np.float64), missing, whole), status, parts, registry)
