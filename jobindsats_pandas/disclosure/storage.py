"""What a guarded array holds, and how cells are taken out of it and written into it."""

# ruff: noqa: SLF001 - an array may look inside others of its kind, and pandas' hooks are private by name

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionArray, take
from pandas.api.indexers import check_array_indexer
from pandas.api.types import is_list_like, pandas_dtype

from jobindsats_pandas.disclosure.addresses import EMPTY, NOTHING, STATISTIC, UNKNOWN, Codes, Registry
from jobindsats_pandas.disclosure.arithmetic import undefined
from jobindsats_pandas.disclosure.building import blanked, cells_from, is_na, is_number, is_plain
from jobindsats_pandas.disclosure.callers import appending, combining, pivoting, relabelling, reshaping
from jobindsats_pandas.disclosure.canary import sing
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    aligned,
    is_hidden,
    is_missing,
    unknown_addresses,
)
from jobindsats_pandas.disclosure.display import texts
from jobindsats_pandas.disclosure.dtype import DiscretionisedDtype
from jobindsats_pandas.disclosure.scalars import Cell, cell, scalars_of
from jobindsats_pandas.disclosure.selections import counted, vanished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_Scalar = TypeVar("_Scalar", bound=np.generic)

__all__ = ["DECIMAL", "INTEGER", "Storage", "read_only"]

INTEGER, DECIMAL = DiscretionisedDtype("Int64"), DiscretionisedDtype("Float64")


class Storage(ExtensionArray):
    """Values, statuses, addresses and their registry, behind the interface of an extension array."""

    _numbers: NDArray[np.int64] | NDArray[np.float64]
    _status: NDArray[np.uint8]
    _addresses: Codes
    _registry: Registry
    _dropped: int
    _left: tuple[str, ...]
    # What -1 stands for in codes that `factorize` made: the places of missing cells, perhaps of hidden ones.
    _gap: int = CellStatus.HOLE
    # Whether all cells are of one level in every dimension; None: not looked at yet. True holds for every subset.
    _uniform: bool | None
    # How many cells are hidden, or were before they were filled, and how many are seen; None: not counted yet.
    _counted: tuple[int, int] | None
    # pandas sets this on views of frames that share their memory.
    _readonly: bool = False

    def __init__(
        self,
        values: NDArray[np.int64] | NDArray[np.float64],
        status: NDArray[np.uint8],
        addresses: Codes | None = None,
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
        if addresses is None:
            addresses = unknown_addresses(len(values))
        registry = EMPTY if registry is None else registry
        if not isinstance(addresses, np.ndarray) or addresses.dtype != np.int64:
            raise TypeError("addresses must be an int64 array, as AddressSpace.encode gives")
        if not len(values) == len(status) == len(addresses):
            raise ValueError(
                f"lengths differ: {len(values)} values, {len(status)} statuses, {len(addresses)} addresses"
            )
        if len(status) and status.max() > max(CellStatus):
            raise ValueError(f"no such status: {status.max()}")
        if len(addresses):
            size = registry.offsets[-1] + registry.spaces[-1].size if registry.spaces else 0
            if addresses.max() >= size or addresses.min() < STATISTIC:
                raise ValueError(f"addresses lie outside the registry, which numbers {size} cells")
        if copy:
            values, status, addresses = values.copy(), status.copy(), addresses.copy()
        if values.dtype.kind == "f":
            status = undefined(np.asarray(values, dtype=np.float64), status)
        self._set(Cells(blanked(values, status), status, addresses, registry))

    def _set(self, cells: Cells) -> None:
        sing(self._two_that_do_not_add)
        self._numbers, self._status, self._addresses = cells.values, cells.status, cells.addresses
        self._registry, self._dropped, self._left = cells.registry, cells.dropped, cells.left
        self._uniform, self._counted = None, None

    @classmethod
    def _two_that_do_not_add(cls) -> Self:
        """Make what the canary tries: a visible and a hidden cell."""
        status = np.array([CellStatus.OBSERVED, CellStatus.DISCRETIONISED], dtype=np.uint8)
        return cls._of(Cells(np.array([5, 1], dtype=np.int64), status, unknown_addresses(2), EMPTY))

    @classmethod
    def _of(cls, cells: Cells) -> Self:
        """Build without looking; for arrays that come from others."""
        made = cls.__new__(cls)
        made._set(cells)
        return made

    def _with(
        self, values: Any, status: NDArray[np.uint8], addresses: Codes, registry: Registry | None = None
    ) -> Self:
        """Other cells, from which the same ones had been dropped."""
        registry = self._registry if registry is None else registry
        made = self._of(Cells(values, status, addresses, registry, self._dropped, self._left))
        made._gap = self._gap
        return made

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
        made._dropped, made._left = cells.dropped, cells.left
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
        return cls._of(cells)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickles of before there were holes call them absent.
        if "_left" not in state:
            status = state["_status"].copy()
            status[(status == CellStatus.ABSENT) & (state["_addresses"] == UNKNOWN)] = CellStatus.HOLE
            state = {**state, "_status": status, "_left": (), "_counted": None}
        self.__dict__.update(state)

    # ---- what it holds ------------------------------------------------------------------------------------------

    @property
    def cells(self) -> Cells:
        """Everything, without pandas; shares memory with the array."""
        return Cells(self._numbers, self._status, self._addresses, self._registry, self._dropped, self._left)

    @property
    def status(self) -> NDArray[np.uint8]:
        """The status of each cell (`CellStatus`), read-only."""
        return read_only(self._status)

    @property
    def addresses(self) -> Codes:
        """The address of each cell, numbered in `registry`, read-only."""
        return read_only(self._addresses)

    @property
    def registry(self) -> Registry:
        """What the addresses are numbered in."""
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
        numbers: Any = self._numbers
        return read_only(numbers)

    def plain(self) -> ExtensionArray:
        """Ordinary nullable numbers (``Int64`` or ``Float64``), NA where nothing is shown. Nothing guards them."""
        plain: ExtensionArray = self._plain_array().copy()
        return plain

    def _plain_array(self) -> Any:
        array = pd.arrays.IntegerArray if self._numbers.dtype.kind == "i" else pd.arrays.FloatingArray
        return array(cast("Any", self._numbers), is_missing(self._status))

    def _decimal_array(self) -> Any:
        return pd.arrays.FloatingArray(self._numbers.astype(np.float64), is_missing(self._status))

    # ---- what every extension array has -------------------------------------------------------------------------

    @property
    def dtype(self) -> DiscretionisedDtype:
        """``discretionised[Int64]`` or ``discretionised[Float64]``."""
        return INTEGER if self._numbers.dtype.kind == "i" else DECIMAL

    @property
    def nbytes(self) -> int:
        """17 bytes for each cell."""
        return self._numbers.nbytes + self._status.nbytes + self._addresses.nbytes

    def __len__(self) -> int:
        return len(self._numbers)

    def isna(self) -> NDArray[np.bool_]:
        """Where nothing is shown: discretionised, not available, absent, or no cell at all."""
        missing = is_missing(self._status)
        holes = self._status == CellStatus.HOLE
        # A pivot table drops groups of which nothing is left; of a cell that shows nothing its place is.
        return holes if (missing & ~holes).any() and pivoting() else missing

    @property
    def _hasna(self) -> bool:
        return bool(is_missing(self._status).any())

    def copy(self) -> Self:
        """Return a copy of everything."""
        made = self._with(self._numbers.copy(), self._status.copy(), self._addresses.copy())
        made._uniform = self._uniform
        return made

    def view(self, dtype: Any = None) -> Any:
        """Return a new array on the same memory."""
        if dtype is not None:
            raise NotImplementedError(dtype)  # as pandas' own ExtensionArray.view
        return self[:]

    @classmethod
    def _from_sequence(cls, scalars: Any, *, dtype: Any = None, copy: bool = False) -> Self:
        wanted = None if dtype is None else cast("DiscretionisedDtype", pandas_dtype(dtype))
        cells = cls._cells_of(scalars, whole=None if wanted is None else wanted.kind == "i")
        array = cls._of(_appended(cells, scalars))
        return array.copy() if copy else array

    @classmethod
    def _cells_of(cls, values: Any, *, whole: bool | None) -> Cells:
        """Cells from anything that holds numbers, as whole numbers or decimals."""
        if isinstance(values, pd.Series | pd.Index):
            values = values.array
        if not isinstance(values, Storage):
            return cells_from(values, whole=whole)
        if whole is None or whole == (values.dtype.kind == "i"):
            return values.cells
        return values._to_numbers(INTEGER if whole else DECIMAL).cells

    @classmethod
    def _from_sequence_of_strings(cls, strings: Any, *, dtype: Any, copy: bool = False) -> Self:
        return cls._from_sequence(pd.to_numeric(pd.Series(strings), errors="raise"), dtype=dtype, copy=copy)

    def _cast_pointwise_result(self, values: Any) -> Any:
        values = list(values)
        if not all(isinstance(one, Cell) or is_number(one) or is_na(one) for one in values):
            return super()._cast_pointwise_result(values)  # type: ignore[misc]
        # What whole numbers become may be decimal; where there is nothing to tell, they stay whole.
        undecided = self.dtype.kind == "i" and any(not is_na(one) for one in values)
        cells = cells_from(values, whole=None if undecided else self.dtype.kind == "i")
        made = type(self)._of(_appended(cells, values))
        return self._in_place_of_hidden(made) if combining() else made

    @classmethod
    def _concat_same_type(cls, to_concat: Sequence[Self]) -> Self:
        several = [array.cells for array in to_concat]
        registry, addresses = aligned(*several)
        made = cls._of(
            Cells(
                np.concatenate([cells.values for cells in several]),
                np.concatenate([cells.status for cells in several]),
                np.concatenate(addresses),
                registry,
                sum(cells.dropped for cells in several),
                tuple(dict.fromkeys(name for cells in several for name in cells.left)),
            )
        )
        made._gap = to_concat[0]._gap
        return made

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, tuple):
            item = _without_ellipsis(item)
        if isinstance(item, int | np.integer):
            return self._scalar(int(item))
        item = check_array_indexer(self, item)
        made = self._with(self._numbers[item], self._status[item], self._addresses[item])
        made._uniform = self._uniform or None
        if isinstance(item, slice):
            made._readonly = self._readonly
        if len(made) != len(self) and (len(made) or not isinstance(item, slice)):
            self._remember_what_vanished(made)
        return made

    def _scalar(self, place: int) -> Any:
        status, address = int(self._status[place]), int(self._addresses[place])
        if status == CellStatus.HOLE:
            return self.dtype.na_value
        return cell(
            self._numbers[place].item(),
            status,
            address,
            self._registry,
            whole=self.dtype.kind == "i",
            hidden=self._dropped,
        )

    def take(self, indices: Any, *, allow_fill: bool = False, fill_value: Any = None) -> Self:
        """Take cells by position; what pandas makes up with ``allow_fill`` is a hole, and no cell."""
        indices = np.asarray(indices, dtype=np.intp)
        if len(self) == 0 and len(indices) and (not allow_fill or (indices >= 0).any()):
            raise IndexError("cannot do a non-empty take from an empty axes.")
        if allow_fill and len(indices) and (lowest := int(indices.min())) < 0:
            if lowest < -1:
                raise ValueError("Invalid value in 'indices'. All values must be non-negative or -1.")
            if self._only_missing_move(indices):
                return self._filled_from(indices)
            return self._take_with_gaps(indices, fill_value)
        if self._only_missing_move(indices):
            return self._filled_from(indices)
        made = self._with(
            self._numbers.take(indices), self._status.take(indices), self._addresses.take(indices)
        )
        made._uniform = self._uniform or None
        self._remember_what_vanished(made)
        return made

    def _only_missing_move(self, indices: NDArray[np.intp]) -> bool:
        """Whether every visible cell stays in its place and others do not: then this fills, it selects nothing."""
        if len(indices) != len(self) or not len(self):
            return False
        elsewhere = indices != np.arange(len(self))
        return bool(elsewhere.any() and is_missing(self._status[elsewhere]).all()) and not relabelling()

    def _filled_from(self, indices: NDArray[np.intp]) -> Self:
        """Fill what is missing with cells from elsewhere, as a fill within groups does; -1 leaves it as it is."""
        source = np.where(indices < 0, np.arange(len(self)), indices)
        made = self._with(self._numbers[source], self._status[source], self._addresses[source])
        guessed = is_missing(self._status) & ~is_missing(made._status)
        made._status[guessed], made._addresses[guessed] = CellStatus.FILLED, self._addresses[guessed]
        return made

    def _take_with_gaps(self, indices: NDArray[np.intp], fill_value: Any) -> Self:
        filling = cells_from([fill_value], whole=self.dtype.kind == "i")
        if filling.status[0] == CellStatus.HOLE:
            filling = replace(filling, status=np.array([self._gap], np.uint8))
        elif not isinstance(fill_value, Cell) and fill_value == 0:
            # A zero where nothing was counts as the nothing that it stands for.
            filling = replace(filling, addresses=np.array([NOTHING]))
        registry, (ours, theirs) = aligned(self.cells, filling)
        made = self._with(
            take(self._numbers, indices, allow_fill=True, fill_value=filling.values[0]),
            cast("Any", take(self._status, indices, allow_fill=True, fill_value=filling.status[0])),
            cast("Any", take(ours, indices, allow_fill=True, fill_value=theirs[0])),
            registry,
        )
        if self._gap != CellStatus.HOLE:
            # The hidden cells that had fallen away from these are back.
            made._dropped, made._gap = 0, CellStatus.HOLE
        return made

    def _remember_what_vanished(self, made: Self) -> None:
        """Let cells that were taken out of this array know which hidden ones had stood beside them."""
        if self._counted is None:
            self._counted = counted(self._status)
        unseen, seen = self._counted
        if not unseen or len(made) > len(self) or (seen and not len(made)):
            return
        if counted(made._status) != (0, seen):
            return
        dropped, left = vanished(self.cells, made.cells)
        if dropped and reshaping():
            return
        made._dropped += dropped
        made._left = tuple(dict.fromkeys((*made._left, *left)))

    def __setitem__(self, key: Any, value: Any) -> None:
        if self._readonly:
            raise ValueError("Cannot modify read-only array")
        if isinstance(key, tuple):
            key = _without_ellipsis(key)
        key = check_array_indexer(self, key)
        single = not is_list_like(value)
        if single and not (is_number(value) or is_na(value)):
            raise TypeError(f"Invalid value '{value!s}' for dtype '{self.dtype}'")
        incoming = self._cells_of([value] if single else value, whole=self.dtype.kind == "i")
        self._overwrite(key, incoming, plain=is_plain(value))

    def _overwrite(self, key: Any, incoming: Cells, *, plain: bool) -> None:
        """Write cells over others; whatever is written over a hidden cell is a guess, and stays one."""
        if len(incoming) == 1 and incoming.status[0] == CellStatus.HOLE:
            self._make_holes(key)
            return
        registry, (ours, theirs) = aligned(self.cells, incoming)
        old_status, old_addresses = np.atleast_1d(self._status[key]), np.atleast_1d(ours[key])
        shape = old_status.shape
        values = np.broadcast_to(incoming.values, shape).copy()
        status = np.broadcast_to(incoming.status, shape).copy()
        addresses = np.broadcast_to(theirs, shape).copy()
        hidden = is_hidden(old_status) | (old_status == CellStatus.FILLED)
        # What was left out counts as 0, so any other number in its place is a guess as well.
        left_out = (old_status == CellStatus.ABSENT) & (old_addresses >= 0) & (values != 0)
        guessed = (hidden | left_out) & ~is_missing(status)
        status[guessed], addresses[guessed] = CellStatus.FILLED, old_addresses[guessed]
        if plain or incoming.registry is EMPTY:
            addresses[~guessed & ~is_missing(status) & (values == 0)] = NOTHING
        # Nothing written over a hidden cell does not unhide it.
        kept = hidden & is_missing(status)
        values[kept] = np.atleast_1d(self._numbers[key])[kept]
        status[kept], addresses[kept] = old_status[kept], old_addresses[kept]
        if np.ndim(self._status[key]) == 0:
            values, status, addresses = values[0], status[0], addresses[0]
        if ours is not self._addresses:
            self._addresses = ours.copy()
        self._numbers[key], self._status[key], self._addresses[key] = values, status, addresses
        self._registry, self._uniform, self._counted = registry, None, None

    def _make_holes(self, key: Any) -> None:
        """Write nothing over cells; over a hidden one that does nothing."""
        old = self._status[key]
        if np.ndim(old) and not (is_hidden(old) | (old == CellStatus.FILLED)).any():
            where: Any = key
        else:
            places = np.atleast_1d(np.arange(len(self))[key])
            old = self._status[places]
            where = places[~(is_hidden(old) | (old == CellStatus.FILLED))]
        nothing: list[tuple[Any, Any]] = [
            (self._status, CellStatus.HOLE),
            (self._addresses, UNKNOWN),
            (self._numbers, 1 if self.dtype.kind == "i" else np.nan),
        ]
        for array, value in nothing:
            if isinstance(where, np.ndarray) and where.dtype.kind == "b":
                np.putmask(array, where, value)  # several times faster than writing by a mask
            else:
                array[where] = value
        self._uniform, self._counted = None, None

    def _where(self, mask: Any, value: Any) -> Self:
        if isinstance(value, Storage) and len(value) == len(self):
            missing = is_missing(value._status)
            if missing.any() and (np.asarray(mask) == missing).all():
                # The other cells are kept where they are visible: it is them that are being filled.
                made = value._to_numbers(self.dtype)
                made[missing] = self[missing]
                return cast("Self", made)
        return cast("Self", super()._where(mask, value))  # type: ignore[misc]

    def shift(self, periods: int = 1, fill_value: Any = None) -> Self:
        """Shift cells; what comes in is a hole, or a cell."""
        if not isinstance(fill_value, Cell):
            return super().shift(periods, fill_value)
        places = np.arange(len(self)) - periods
        places[(places < 0) | (places >= len(self))] = -1
        return self.take(places, allow_fill=True, fill_value=fill_value)

    def tolist(self) -> list[Any]:
        """Return the cells one by one; they remember what they are."""
        return list(scalars_of(self.cells))

    def map(self, mapper: Any, na_action: Any = None) -> Any:
        """Map single cells; those that a function hands on remember what they are."""
        if not callable(mapper):
            return super().map(mapper, na_action=na_action)
        cells = scalars_of(self.cells)
        skipped = na_action == "ignore"
        made = self._cast_pointwise_result([one if skipped and is_na(one) else mapper(one) for one in cells])
        return self._in_place_of_hidden(made)

    def _in_place_of_hidden(self, made: Any) -> Any:
        """Mark what stands in the place of hidden cells: nothing stays hidden, and a number is a guess."""
        unseen = is_missing(self._status) & (self._status != CellStatus.HOLE)
        if not isinstance(made, Storage) or len(made) != len(self) or not unseen.any():
            return made
        gone = unseen & (made._status == CellStatus.HOLE)
        made._status[gone], made._addresses[gone] = self._status[gone], UNKNOWN
        # What was left out counts as 0, so there a 0 is no guess.
        zero = (self._status == CellStatus.ABSENT) & (made._numbers == 0)
        guessed = unseen & ~is_missing(made._status) & ~zero
        made._status[guessed] = CellStatus.FILLED
        return made

    def __contains__(self, item: object) -> bool:
        if isinstance(item, float) and item != item:  # noqa: PLR0124 - the test for NaN
            return self._hasna
        return is_number(item) and bool(np.any((self._numbers == item) & self.visible))

    # ---- looking at it ------------------------------------------------------------------------------------------

    def _formatter(self, boxed: bool = False) -> Callable[[Any], str | None]:
        if boxed:
            return str
        return lambda one: str(texts(cells_from([one], whole=self.dtype.kind == "i"))[0])

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
        return self._with(blanked(values, self._status), self._status.copy(), self._addresses.copy())

    # ---- sorting, grouping, finding -----------------------------------------------------------------------------

    def _values_for_argsort(self) -> NDArray[Any]:
        return self._numbers

    def _values_for_factorize(self) -> tuple[NDArray[Any], Any]:
        return np.where(is_missing(self._status), np.nan, self._numbers.astype(np.float64)), np.nan

    def factorize(self, use_na_sentinel: bool = True) -> tuple[NDArray[np.intp], Self]:
        """Number the distinct values; the uniques are the cells that hold them, or of no cell where several do."""
        codes, uniques = pd.factorize(self._plain_array(), use_na_sentinel=use_na_sentinel)
        first = np.full(len(uniques), -1, dtype=np.intp)
        shown = np.flatnonzero(codes >= 0)[::-1]
        first[codes[shown]] = shown
        made = self._with(self._numbers[first], self._status[first], self._addresses[first])
        made._addresses[np.bincount(codes[shown], minlength=len(uniques)) > 1] = UNKNOWN
        hidden = is_hidden(self._status)
        if hidden.any():
            worst = self._status[hidden].min()
            if use_na_sentinel:
                made._dropped += int(np.count_nonzero(hidden))
                made._gap = int(worst)
            else:
                made._status[is_missing(made._status)] = worst
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
        if isinstance(values, Storage):
            values = values._plain_array()
        found: NDArray[np.bool_] = np.asarray(pd.Series(self._plain_array()).isin(values), dtype=bool)
        return found

    def searchsorted(self, value: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Find where values would be inserted to keep the order."""
        if isinstance(value, Storage):
            value = value._numbers
        if self._hasna:
            raise ValueError(
                "searchsorted requires array to be sorted, which is impossible with NAs present."
            )
        return self._numbers.searchsorted(value, side=side, sorter=sorter)


def _appended(cells: Cells, scalars: Any) -> Cells:
    """Let a bare missing value that pandas appends by its label be not available: a hidden cell may have stood there."""
    holes = cells.status == CellStatus.HOLE
    if not isinstance(scalars, Storage) and holes.any() and appending():
        return replace(cells, status=np.where(holes, np.uint8(CellStatus.NOT_AVAILABLE), cells.status))
    return cells


def _without_ellipsis(item: tuple[Any, ...]) -> Any:
    rest = [one for one in item if one is not Ellipsis]
    if len(rest) > 1:
        raise IndexError("too many indices for array.")
    return rest[0] if rest else slice(None)


def read_only(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """Look at the same memory without being able to write to it."""
    view = array.view()
    view.flags.writeable = False
    return view
