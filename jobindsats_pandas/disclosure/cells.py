"""What is known of each cell: its value, its status and its address; bundled without any pandas."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jobindsats_pandas.disclosure.addresses import NOTHING, UNKNOWN, Codes, Registry, merge_registries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "CellStatus",
    "Cells",
    "Dropped",
    "adds_nothing",
    "aligned",
    "as_numbers",
    "as_summed",
    "beside",
    "blanked",
    "concatenated",
    "converted",
    "count_hidden",
    "counted",
    "is_hidden",
    "is_missing",
    "is_unseen",
    "restored",
    "rewritten",
    "unknown_addresses",
    "unseen_of",
]

Values = NDArray[np.int64] | NDArray[np.float64]


class CellStatus(IntEnum):
    """What a cell is. The numbers stand in files and never change.

    Attributes
    ----------
    OBSERVED
        Published, as shown.
    DISCRETIONISED
        Hidden by disclosure control: a count below 3.
    NOT_AVAILABLE
        Not published yet, or without meaning (0 divided by 0).
    ABSENT
        A combination that the API left out; counts as 0.
    ROUNDED
        Shown, but stands for any number up to it.
    DERIVED
        Computed from other cells.
    FILLED
        A hidden or unavailable cell that was overwritten by a guess.
    HOLE
        No cell of the data: a place that pandas made (reindex, unstack, merge, shift). It adds nothing, and is not 0.
    """

    OBSERVED = 0
    DISCRETIONISED = 1
    NOT_AVAILABLE = 2
    ABSENT = 3
    ROUNDED = 4
    DERIVED = 5
    FILLED = 6
    HOLE = 7

    @property
    def label(self) -> str:
        """The status as a word to read, such as ``not available``; it stands in status columns and files."""
        return "not in the data here" if self is CellStatus.HOLE else self.name.lower().replace("_", " ")


class Dropped(int):
    """How many hidden cells were dropped: the same ones are counted once, however many parts tell of it, or how often they go."""

    times: dict[object, int]

    @classmethod
    def of(cls, times: dict[object, int]) -> Dropped:
        """So many at each time, whatever it is called."""
        made = cls(sum(times.values()))
        made.times = times
        return made


@dataclass(frozen=True, eq=False)
class Cells:
    """Values, statuses and addresses of equal length, and the registry that the addresses are numbered in.

    Attributes
    ----------
    values : int64 or float64 array
        What stands under a missing cell means nothing.
    status : uint8 array
        Of `CellStatus`.
    addresses : int64 array
    registry : Registry
    dropped : int
        How many hidden cells a `dropna` took away from beside these.
    left : tuple of str
        What the members are called whose rows, with all their hidden cells, were left out by a selection.
    summands : tuple of Cells
        The columns whose sum, cell by cell, these were made as; only they tell whether one more adds to them.
    """

    values: Values
    status: NDArray[np.uint8]
    addresses: Codes
    registry: Registry
    dropped: int = 0
    left: tuple[str, ...] = ()
    summands: tuple[Cells, ...] = field(default=(), init=False)

    @classmethod
    def numbered_later(
        cls, values: Values, status: NDArray[np.uint8], others: Codes, step: int, registry: Registry
    ) -> Cells:
        """Cells whose addresses lie a step behind those of others: made when somebody asks, as many readers never do."""
        made = cls.__new__(cls)
        made.__dict__.update(values=values, status=status, registry=registry, _later=(others, step))
        return made

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Codes:
            # Of the fields only `addresses` can be missing, and only until now.
            if name != "addresses":
                raise AttributeError(f"cells have no {name!r}")
            others, step = self.__dict__["_later"]
            object.__setattr__(self, name, others + step if step else others)
            return self.__dict__[name]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def whole(self) -> bool:
        """Whether they hold whole numbers."""
        return self.values.dtype.kind == "i"

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where nothing is shown: discretionised, not available, absent, or no cell at all."""
        return is_missing(self.status)

    @property
    def left_out(self) -> NDArray[np.bool_]:
        """Where the API left a combination of the table out, which counts as 0."""
        left_out: NDArray[np.bool_] = (self.status == CellStatus.ABSENT) & (self.addresses >= 0)
        return left_out

    def __getitem__(self, where: Any) -> Cells:
        # Thousands are made in a loop over groups, and `replace` would look up every field.
        values, status = self.values[where], self.status[where]
        if "addresses" in self.__dict__:
            addresses = self.addresses[where]
        else:
            others, step = self.__dict__["_later"]
            addresses = others[where] + step
        return Cells(values, status, addresses, self.registry, self.dropped, self.left)

    def copy(self) -> Cells:
        """Cells that may be written to."""
        values, status, addresses = self.values.copy(), self.status.copy(), self.addresses.copy()
        made = Cells(values, status, addresses, self.registry, self.dropped, self.left)
        return made.made_of(self.summands)

    def made_of(self, summands: tuple[Cells, ...]) -> Cells:
        """Remember the columns that these are the sum of."""
        object.__setattr__(self, "summands", summands)
        return self


# One bit for each status that shows nothing: shifting it is several times faster than looking each one up.
_SHOW_NOTHING = (CellStatus.DISCRETIONISED, CellStatus.NOT_AVAILABLE, CellStatus.ABSENT, CellStatus.HOLE)
_MISSING = np.uint8(sum(1 << status for status in _SHOW_NOTHING))


def is_missing(status: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where nothing is shown: discretionised, not available, absent, or no cell at all."""
    missing: NDArray[np.bool_] = ((_MISSING >> status) & np.uint8(1)).view(np.bool_)
    return missing


def is_hidden(status: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a cell is discretionised or not available: what biases a result computed from the rest."""
    hidden: NDArray[np.bool_] = (status - np.uint8(1)) < np.uint8(2)
    return hidden


def is_unseen(status: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where a number is hidden, or was before it was filled."""
    unseen: NDArray[np.bool_] = is_hidden(status) | (status == CellStatus.FILLED)
    return unseen


def count_hidden(status: NDArray[np.uint8]) -> int:
    """How many cells are discretionised or not available."""
    return int(np.count_nonzero(is_hidden(status)))


def counted(status: NDArray[np.uint8]) -> tuple[int, int]:
    """How many cells are unseen, and how many are seen."""
    unseen = int(np.count_nonzero(is_unseen(status)))
    filled = int(np.count_nonzero(status == CellStatus.FILLED))
    return unseen, len(status) - int(np.count_nonzero(is_missing(status))) - filled


def unseen_of(several: Sequence[Cells]) -> tuple[int, int, int]:
    """How many cells are unseen, also of those that were dropped; of how many; and how many were filled or dropped."""
    dropped = sum(one.dropped for one in several)
    unseen = dropped + sum(counted(one.status)[0] for one in several)
    changed = unseen - sum(count_hidden(one.status) for one in several)
    return unseen, dropped + sum(map(len, several)), changed


def adds_nothing(cells: Cells) -> NDArray[np.bool_]:
    """Where a cell adds nothing: left out by the API, a hole, or a zero that stands for no cell."""
    nothing: NDArray[np.bool_] = cells.addresses == NOTHING
    if cells.status.any():
        nothing |= (cells.status == CellStatus.ABSENT) | (cells.status == CellStatus.HOLE)
    return nothing


def aligned(*several: Cells) -> tuple[Registry, list[Codes]]:
    """The addresses of several bundles, numbered in one registry."""
    registry, recoders = merge_registries([cells.registry for cells in several])
    return registry, [
        cells.addresses if recode is None else recode(cells.addresses)
        for cells, recode in zip(several, recoders, strict=True)
    ]


def restored(cells: Cells, left: Iterable[str] | None) -> Cells:
    """Cells as a file or a pickle keeps them: those of before there were holes call them absent, and know of none that left."""
    if left is not None:
        return replace(cells, left=tuple(left))
    holes = (cells.status == CellStatus.ABSENT) & (cells.addresses == UNKNOWN)
    return replace(cells, status=np.where(holes, np.uint8(CellStatus.HOLE), cells.status))


def unknown_addresses(length: int) -> Codes:
    """Addresses of cells of which nothing is known."""
    return np.full(length, UNKNOWN, dtype=np.int64)


def blanked(values: Any, status: NDArray[np.uint8]) -> Any:
    """Values with the same thing under every cell that is not shown: 1, which divides, or NaN."""
    missing = is_missing(status)
    under, blank = values[missing], values.dtype.type(1 if values.dtype.kind == "i" else np.nan)
    if (np.isnan(under) if values.dtype.kind == "f" else under == blank).all():
        return values
    return np.where(missing, blank, values)


def as_summed(cells: Cells) -> Any:
    """The numbers of cells as they go into a sum that was checked: 0 where nothing is shown."""
    if not cells.status.any():
        return cells.values
    return np.where(cells.missing, cells.values.dtype.type(0), cells.values)


def as_numbers(numbers: Any, missing: NDArray[np.bool_], whole: bool) -> Any:
    """Numbers as int64, if they are whole, or as float64."""
    if not whole:
        return np.where(missing, np.nan, numbers.astype(np.float64))
    filled = np.where(missing, 1, numbers)
    integers = filled.astype(np.int64)
    if not (integers == filled).all():
        raise TypeError("cannot safely cast non-equivalent float64 to int64")
    return integers


def converted(cells: Cells, *, whole: bool) -> Cells:
    """Whole numbers as decimals, or decimals as whole numbers if they are."""
    if whole == cells.whole:
        return cells
    values = as_numbers(cells.values, cells.missing, whole)
    return replace(cells, values=values, status=cells.status.copy(), addresses=cells.addresses.copy())


def rewritten(cells: Cells, values: Any, status: NDArray[np.uint8], addresses: Any) -> Cells:
    """Other numbers in the places of cells, or of groups of them, beside which the same ones had been dropped."""
    return replace(cells, values=blanked(values, status), status=status, addresses=addresses)


def beside(cells: Cells, *others: Cells) -> Cells:
    """Say also of cells what had been dropped from beside others that they were made of."""
    several = (cells, *others)
    left = tuple(dict.fromkeys(name for one in several for name in one.left))
    several_times = [one.dropped for one in several if one.dropped]
    dropped = several_times[0] if several_times else 0
    if len(several_times) > 1:
        times: dict[object, int] = {}
        for one in several_times:
            times |= one.times if isinstance(one, Dropped) else {object(): one}
        dropped = Dropped.of(times)
    return replace(cells, dropped=dropped, left=left)


def concatenated(several: Sequence[Cells]) -> Cells:
    """Several bundles as one, numbered in one registry."""
    registry, addresses = aligned(*several)
    values: Any = np.concatenate([cells.values for cells in several])
    status = np.concatenate([cells.status for cells in several])
    return beside(Cells(values, status, np.concatenate(addresses), registry), *several)
