"""When cells add: the rules and the bounds. Pure and vectorised; pandas is not needed here.

Cells add when they are distinct cells of one table and one measure, all of them visible, and in every dimension
of one level of one hierarchy. The measure's kind says the rest (see `jobindsats_pandas.kinds.Kind`). One visible
cell alone is its own sum; a combination that was left out counts as 0.
"""

# ruff: noqa: SLF001 - sys._getframe tells whether a generator that allowed sums is the one that runs

from __future__ import annotations

import inspect
import math
import sys
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from jobindsats_pandas.disclosure.addresses import (
    APART,
    NOTHING,
    STATISTIC,
    UNKNOWN,
    AddressMeasure,
    AddressSpace,
    Codes,
)
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, Values, adds_nothing, is_missing
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["REASONS", "Bounds", "SumCheck", "allow_sums", "check_sums", "sums_allowed"]

Flags = NDArray[np.bool_]
Ids = NDArray[np.intp]

REASONS: Final = (
    "measures",
    "rate",
    "persons",
    "unknown",
    "levels",
    "repeated",
    "periods",
    "not_available",
    "hidden",
    "rounded",
    "filled",
    "dropped",
)
"""Why cells do not add, in the order in which they are told."""

_BIT = {reason: 1 << place for place, reason in enumerate(REASONS)}
_OF_STATUS = {
    "not_available": CellStatus.NOT_AVAILABLE,
    "hidden": CellStatus.DISCRETIONISED,
    "rounded": CellStatus.ROUNDED,
    "filled": CellStatus.FILLED,
}
# Then what is added is not one thing, or nothing is known that would bound it.
_NO_BOUNDS = sum(
    _BIT[reason]
    for reason in ("measures", "rate", "unknown", "levels", "repeated", "not_available", "filled", "dropped")
)
_OVER_PERIODS = (Kind.FLOW, Kind.MONEY)
_LARGEST_HIDDEN = {
    Kind.PERSONS: 2.0,
    Kind.FULL_TIME: 3.0,
    Kind.STOCK: 2.0,
    Kind.FLOW: 2.0,
    Kind.MONEY: np.inf,
    Kind.NONE: np.nan,
}

# Cells that are taken apart at a time.
_BLOCK: Final = 1 << 15

# The frame that allowed sums, where that is a generator's: suspended, it allows nothing to whoever resumed it.
_allowed: ContextVar[FrameType | bool] = ContextVar("jobindsats_sums_allowed", default=False)
_SUSPENDS: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


@contextmanager
def allow_sums() -> Iterator[None]:
    """Let every sum through, also the wrong ones: hidden cells then count as 0.

    It holds only in the thread or task that entered it, and not outside a generator that entered it and has paused. A sum that would have been refused has an unknown address, so
    it adds to nothing afterwards.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from jobindsats_pandas.disclosure import DiscretionisedArray
    >>> column = pd.Series(DiscretionisedArray(np.array([5, 0]), np.array([0, 1], dtype=np.uint8)))
    >>> with allow_sums():
    ...     print(column.sum())
    5
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == "contextlib":
        frame = frame.f_back
    token = _allowed.set(frame if frame.f_code.co_flags & _SUSPENDS else True)
    del frame
    try:
        yield
    finally:
        # The collector may throw a paused generator away in another thread, where nothing was allowed.
        with suppress(ValueError):
            _allowed.reset(token)


def sums_allowed() -> bool:
    """Whether `allow_sums` is in force here."""
    allowed = _allowed.get()
    if isinstance(allowed, bool):
        return allowed
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame is not allowed:
        frame = frame.f_back
    return frame is not None


@dataclass(frozen=True, eq=False)
class Bounds:
    """The interval of each group's true sum, by the rule alone.

    Attributes
    ----------
    low, high : float64 array
        NaN where no interval can be given; infinite where nothing bounds the sum from above.
    hidden : int64 array
        How many discretionised cells each group has.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    hidden: NDArray[np.int64]


def check_sums(cells: Cells, ids: NDArray[np.integer] | None = None, groups: int = 1) -> SumCheck:
    """Ask whether cells may be added. Nothing is raised here.

    Parameters
    ----------
    cells : Cells
        An array's `cells`.
    ids : int array, optional
        The group of each cell; below 0 it belongs to none. By default all cells are one group.
    groups : int
        How many groups there are.
    """
    return SumCheck(cells, None if ids is None else np.asarray(ids, dtype=np.intp), groups)


@dataclass(frozen=True, eq=False)
class SumCheck:
    """Whether cells add, group by group, and why not. Everything is computed when it is asked for."""

    cells: Cells
    ids: Ids | None
    groups: int

    @cached_property
    def _active(self) -> tuple[Cells, Ids | None]:
        """The cells that take part in a sum, and their groups; those that count as 0 do not."""
        out = adds_nothing(self.cells)
        if self.ids is not None:
            out |= self.ids < 0
        if not out.any():
            return self.cells, self.ids
        keep = np.flatnonzero(~out)
        return self.cells[keep], None if self.ids is None else self.ids[keep]

    @property
    def active(self) -> Cells:
        """The cells that take part in a sum."""
        return self._active[0]

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """How many cells take part in each group's sum."""
        cells, ids = self._active
        return _count(len(cells), ids, self.groups)

    def count_of(self, status: CellStatus) -> NDArray[np.int64]:
        """How many cells of a status take part in each group's sum."""
        cells, ids = self._active
        where = np.flatnonzero(cells.status == status)
        return _count(len(where), None if ids is None else ids[where], self.groups)

    @cached_property
    def reasons(self) -> NDArray[np.uint16]:
        """One bit for each of `REASONS`, by group; 0 where the cells add."""
        cells, _ = self._active
        several = self.count > 1
        found = np.where(several, self._structure(), 0).astype(np.uint16) if several.any() else None
        if found is None:
            found = np.zeros(self.groups, dtype=np.uint16)
        if cells.status.any():
            for reason, status in _OF_STATUS.items():
                has = self.count_of(status) > 0
                found[has & several if reason == "rounded" else has] |= _BIT[reason]
        if cells.dropped:
            found |= _BIT["dropped"]
        return found

    @property
    def valid(self) -> bool:
        """Whether all groups may be summed."""
        return not self.reasons.any()

    @property
    def only_hidden_stand_against(self) -> bool:
        """Whether nothing but cells that are hidden or not available keeps any group from being summed."""
        return not (self.reasons & ~np.uint16(_BIT["hidden"] | _BIT["not_available"])).any()

    def over_members_of_rates(self) -> bool:
        """Whether some group holds one published rate of several members."""
        return any(
            table.one_measure >= 0
            and table.space.measures[table.one_measure].kind is Kind.NONE
            and not table.space.measures[table.one_measure].derived
            and table.over_members()
            for table in self.tables
        )

    def mixed_levels(self) -> list[str]:
        """The dimensions in which some group has cells of several levels."""
        return [table.space.dimensions[place].name for table in self.tables for place in table.mixed_levels()]

    @property
    def bad(self) -> Flags:
        """Which groups may not be summed."""
        bad: Flags = self.reasons != 0
        return bad

    def reasons_of(self, group: int | None = None) -> tuple[str, ...]:
        """The reasons of one group, or of all together, in the fixed order."""
        bits = int(np.bitwise_or.reduce(self.reasons, initial=0) if group is None else self.reasons[group])
        return tuple(reason for reason in REASONS if bits & _BIT[reason])

    @cached_property
    def tables(self) -> list[TableCells]:
        """The cells that take part and whose address is known, table by table."""
        cells, ids = self._active
        if not len(cells):
            return []
        addresses, registry = cells.addresses, cells.registry
        lowest, highest = int(addresses.min()), int(addresses.max())
        found = []
        for place, (space, offset) in enumerate(zip(registry.spaces, registry.offsets, strict=True)):
            if offset <= lowest and highest < offset + space.size:
                found.append(
                    TableCells(
                        place, space, cells, addresses - offset if offset else addresses, ids, self.groups
                    )
                )
            elif lowest < offset + space.size and highest >= offset:
                where = np.flatnonzero((addresses >= offset) & (addresses < offset + space.size))
                here = None if ids is None else ids[where]
                found.append(
                    TableCells(place, space, cells[where], addresses[where] - offset, here, self.groups)
                )
        return [table for table in found if len(table.numbers)]

    def _structure(self) -> NDArray[np.uint16]:
        """The reasons that lie in what the cells are."""
        cells, ids = self._active
        found = np.zeros(self.groups, dtype=np.uint16)
        if int(cells.addresses.min()) < 0:
            found[_having(cells.addresses == UNKNOWN, ids, self.groups)] |= _BIT["unknown"]
            found[_having(cells.addresses == STATISTIC, ids, self.groups)] |= _BIT["rate"]
        seen = np.zeros(self.groups, dtype=bool)
        for table in self.tables:
            found[seen & table.present] |= _BIT["measures"]
            seen |= table.present
            found |= table.reasons()
        return found

    @cached_property
    def totals(self) -> Values:
        """The sum of the visible cells, by group."""
        cells, ids = self._active
        values = cells.values
        if (missing := is_missing(cells.status)).any():
            values = np.where(missing, values.dtype.type(0), values)
        if ids is None:
            return np.array([values.sum()])
        if values.dtype.kind == "f":
            return np.bincount(ids, weights=values, minlength=self.groups)
        # Sums in float64 are exact as long as they stay below 2**53, and several times faster.
        if len(values) == 0 or max(-float(values.min()), float(values.max())) * len(values) < 2.0**53:
            return np.bincount(ids, weights=values, minlength=self.groups).astype(np.int64)
        exact = np.zeros(self.groups, dtype=np.int64)
        np.add.at(exact, ids, values)
        return exact

    @cached_property
    def addresses(self) -> Codes:
        """The address of each group's sum: its period and, in each dimension, the nearest common ancestor.

        Unknown over several periods and where the cells do not add; one cell keeps its own.
        """
        cells, ids = self._active
        several = self.count > 1
        result = _of_one(cells.addresses, ids, several, NOTHING)
        if several.any():
            result[several] = UNKNOWN
            for table in self.tables:
                good = several & (self.reasons == 0) & table.present
                if good.any():
                    common = table.common()
                    good &= common >= 0
                    result[good] = common[good] + cells.registry.offsets[table.place]
        return result

    @cached_property
    def status(self) -> NDArray[np.uint8]:
        """The status of each group's sum: its own for one cell, else derived."""
        cells, ids = self._active
        several = self.count > 1
        result = _of_one(cells.status, ids, several, CellStatus.DERIVED)
        result[several] = CellStatus.DERIVED
        return result

    def _of_holes_alone(self) -> Flags:
        """Which groups hold holes and nothing else: of those nothing is known, not even that they are 0."""
        holes = self.cells.status == CellStatus.HOLE
        if not holes.any():
            return np.zeros(self.groups, dtype=bool)
        inside = np.ones(len(holes), dtype=bool) if self.ids is None else self.ids >= 0
        some, others = (_having_of(where & inside, self.ids, self.groups) for where in (holes, ~holes))
        return some & ~others

    def bounds(self) -> Bounds:
        """The interval of each group's true sum.

        A hidden count is 0, 1 or 2, hidden full-time persons up to 3, hidden money unbounded; visible full-time
        persons are rounded by up to 0.5; a rounded number is anything up to itself. Persons may be the same ones in
        several parts: they are at least the largest part. No total is ever held against its parts.
        """
        cells, ids = self._active
        low = np.zeros(self.groups)
        high = np.zeros(self.groups)
        refused = (self.reasons & _NO_BOUNDS) != 0
        refused |= _having(cells.addresses < 0, ids, self.groups)
        refused |= self._of_holes_alone()
        for table in self.tables:
            for measure, where in table.by_measure():
                part = table.cells[where]
                of = None if table.ids is None else table.ids[where]
                lows, highs = _interval(measure.kind, part)
                if measure.kind is Kind.PERSONS:
                    low = np.maximum(low, _largest(lows, of, self.groups))
                else:
                    low += _sum(lows, of, self.groups)
                high += _sum(highs, of, self.groups)
                refused |= _having(_unbounded(measure, part), of, self.groups)
                if measure.kind is not Kind.PERSONS:
                    refused |= ((self.reasons & _BIT["periods"]) != 0) & table.having(where)
        high[refused] = low[refused] = np.nan
        return Bounds(low, high, self.count_of(CellStatus.DISCRETIONISED))


@dataclass(frozen=True, eq=False)
class TableCells:
    """Cells of one table, taken apart: `numbers` are their places in its space."""

    place: int
    space: AddressSpace
    cells: Cells
    numbers: Codes
    ids: Ids | None
    groups: int

    @property
    def present(self) -> Flags:
        """Which groups have cells of this table."""
        return self.periods.present

    @cached_property
    def one_measure(self) -> int:
        """The measure of all the cells; -1 if there are several."""
        lowest = int(self.numbers.min()) // self.space.per_measure
        return lowest if int(self.numbers.max()) // self.space.per_measure == lowest else -1

    @cached_property
    def measure(self) -> Codes:
        """The measure of each cell."""
        return self.numbers // self.space.per_measure

    @cached_property
    def _radices(self) -> list[int]:
        """Periods first, then the dimensions from last to first, as cells are taken apart."""
        return [len(self.space.periods), *(len(d.members) for d in reversed(self.space.dimensions))]

    def _digits(self, cells: slice, radices: list[int]) -> Iterator[NDArray[np.integer]]:
        """Take some cells apart: by default the period, then the member in each dimension from last to first."""
        per_measure = self.space.per_measure
        rest: NDArray[np.integer] = self.numbers[cells]
        if self.one_measure:
            rest = rest - rest // per_measure * per_measure
        # Divisions are what taking apart costs, and those of 32 bits are twice as fast.
        if per_measure < 1 << 32:
            rest = rest.astype(np.uint32)
        for radix in radices:
            # A quotient and a product are vectorised in numpy, the remainder is not.
            quotient = rest // rest.dtype.type(radix)
            yield rest - quotient * rest.dtype.type(radix)
            rest = quotient

    def _digit(self, place: int) -> NDArray[np.integer]:
        return next(islice(self._digits(slice(None), self._radices), place, None))

    @property
    def period(self) -> NDArray[np.integer]:
        """The period of each cell."""
        return self._digit(0)

    def members(self, dimension: int) -> NDArray[np.integer]:
        """The member of each cell in one dimension."""
        return self._digit(len(self.space.dimensions) - dimension)

    @cached_property
    def _pairs(self) -> list[_Pairs]:
        """Which periods and which members each group has, in the order of the digits.

        Marking them off in tables makes millions of cells a handful of pairs: neighbouring digits together as long as
        their table stays small, and in blocks of cells, so that nothing leaves the processor's cache. Where a table
        would be far larger than the cells are, these are kept as they are.
        """
        small, most = max(len(self.numbers) >> 4, 1 << 12), max(4 * len(self.numbers), 1 << 16)
        together: list[list[int]] = []
        for radix in self._radices:
            if together and self.groups * math.prod(together[-1]) * radix <= small:
                together[-1].append(radix)
            else:
                together.append([radix])
        sizes = [math.prod(radices) for radices in together]
        seen = [
            np.zeros(self.groups * size, dtype=bool) if self.groups * size <= most else None for size in sizes
        ]
        for start in range(0, len(self.numbers), _BLOCK):
            block = slice(start, start + _BLOCK)
            ids = None if self.ids is None else self.ids[block]
            for marks, digit, size in zip(seen, self._digits(block, sizes), sizes, strict=True):
                if marks is not None:
                    marks[digit if ids is None else ids * size + digit] = True
        pairs: list[_Pairs] = []
        digits: list[NDArray[np.integer]] = []
        for marks, size, radices in zip(seen, sizes, together, strict=True):
            if marks is None:
                digits = digits or list(self._digits(slice(None), self._radices))
                pairs.append(_Pairs(digits[len(pairs)].astype(np.int64), self.ids, self.groups))
                continue
            ids, rest = np.divmod(np.flatnonzero(marks), size)
            for radix in radices:
                rest, keys = np.divmod(rest, radix)
                pairs.append(_Pairs(keys, None if self.ids is None else ids, self.groups))
        return pairs

    @property
    def periods(self) -> _Pairs:
        """The periods that each group has."""
        return self._pairs[0]

    @property
    def over_periods(self) -> bool:
        """Whether a group has several periods."""
        return bool(self.periods.differ.any())

    @property
    def _members(self) -> list[_Pairs]:
        return self._pairs[:0:-1]

    def gaps(self) -> str:
        """What is said where a sum runs over periods between which the table has none; else empty."""
        if not self.over_periods:
            return ""
        pairs, types = self.periods, self.space.period_types
        codes = pairs.keys if pairs.ids is None else pairs.keys[pairs.differ[pairs.ids]]
        said = (self._gaps_between(codes[types[codes] == kind]) for kind in np.unique(types[codes]))
        return next(filter(None, said), "")

    def _gaps_between(self, codes: Codes) -> str:
        """As `gaps`, of periods of one type."""
        known = self.space.ordinals
        first, last = codes[known[codes].argmin()], codes[known[codes].argmax()]
        span = int(known[last] - known[first]) + 1
        alike = self.space.period_types == self.space.period_types[first]
        has = int(np.count_nonzero(alike & (known >= known[first]) & (known <= known[last])))
        if has == span:
            return ""
        (_, start), (kind, end) = self.space.periods[first], self.space.periods[last]
        return (
            f"table {self.space.table} has {has:,} of the {span:,} periods of type {kind} from {start} to {end}; what is"
            " added is not the whole time between them."
        )

    def by_measure(self) -> Iterator[tuple[AddressMeasure, NDArray[np.intp] | slice]]:
        """Each measure that there is, and where."""
        if self.one_measure >= 0:
            yield self.space.measures[self.one_measure], slice(None)
            return
        for code in np.unique(self.measure):
            yield self.space.measures[code], np.flatnonzero(self.measure == code)

    def over_members(self) -> bool:
        """Whether some group has several members of a dimension."""
        return any(bool(members.differ.any()) for members in self._members)

    def mixed_levels(self) -> list[int]:
        """The dimensions in which the cells of some group are not of one level."""
        return [
            place
            for place, dimension in enumerate(self.space.dimensions)
            if self._members[place].of(dimension.level_of).differ.any()
        ]

    def reasons(self) -> NDArray[np.uint16]:
        """The reasons that lie in what the cells are, by group."""
        found = np.zeros(self.groups, dtype=np.uint16)
        if self.one_measure < 0:
            found[_Pairs(self.measure, self.ids, self.groups).differ] |= _BIT["measures"]
        over_periods = np.zeros(self.groups, dtype=bool)
        for measure, where in self.by_measure():
            here = self.having(where)
            if measure.kind is Kind.NONE:
                found[here] |= _BIT["rate"]
            elif measure.kind is Kind.PERSONS:
                found[here] |= _BIT["persons"]
            if measure.kind not in _OVER_PERIODS:
                over_periods |= here
        if self.periods.differ.any():
            types = self.periods.of(self.space.period_types)
            over_periods |= types.differ | _having(types.keys >= len(APART), types.ids, self.groups)
            found[self.periods.differ & over_periods] |= _BIT["periods"]
        for place, dimension in enumerate(self.space.dimensions):
            found[self._members[place].of(dimension.level_of).differ] |= _BIT["levels"]
        found[self._repeated()] |= _BIT["repeated"]
        return found

    def common(self) -> Codes:
        """The number of each group's common cell; -1 where it runs over several periods."""
        result = self.above() * len(self.space.periods) + self.periods.first
        return np.where(self.periods.differ, UNKNOWN, result)

    def above(self) -> Codes:
        """The measure and, in each dimension, the nearest common ancestor of each group, as a number without period."""
        if self.one_measure >= 0:
            result = np.full(self.groups, self.one_measure, dtype=np.int64)
        else:
            result = _Pairs(self.measure, self.ids, self.groups).first
        for dimension, members in zip(self.space.dimensions, self._members, strict=True):
            nearest, differ = members.first, members.differ
            for row in dimension.ancestors[-2:0:-1]:
                if not differ.any():
                    break
                ancestors = members.of(row)
                nearest = np.where(differ & ~ancestors.differ, ancestors.first, nearest)
                differ = differ & ancestors.differ
            result = result * len(dimension.members) + np.where(differ, 0, nearest)
        return result

    def having(self, where: NDArray[np.intp] | slice) -> Flags:
        """Which groups have some of these cells."""
        if isinstance(where, slice):
            return self.present
        mask = np.zeros(len(self.numbers), dtype=bool)
        mask[where] = True
        return _having(mask, self.ids, self.groups)

    def _repeated(self) -> Flags:
        """Which groups have a cell twice."""
        numbers = self.numbers
        none = np.zeros(self.groups, dtype=bool)
        if bool((numbers[1:] > numbers[:-1]).all()):
            return none
        lowest = int(numbers.min())
        span = int(numbers.max()) - lowest + 1
        if span <= 16 * len(numbers) + 1024:
            seen = np.zeros(span, dtype=bool)
            seen[numbers - lowest] = True
            if int(np.count_nonzero(seen)) == len(numbers):
                return none
        else:
            ordered = np.sort(numbers)
            if bool((ordered[1:] > ordered[:-1]).all()):
                return none
        if self.ids is None:
            return np.ones(1, dtype=bool)
        order = np.lexsort((numbers, self.ids))
        same = (np.diff(numbers[order]) == 0) & (np.diff(self.ids[order]) == 0)
        none[self.ids[order][1:][same]] = True
        return none


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Keys and the groups that have them."""

    keys: NDArray[np.integer]
    ids: Ids | None
    groups: int

    def of(self, table: NDArray[np.integer]) -> _Pairs:
        """The same groups, with what a table says of each key."""
        return _Pairs(table[self.keys], self.ids, self.groups)

    @cached_property
    def first(self) -> Codes:
        """One key of each group: whichever is written last, which is far cheaper than sorting."""
        if self.ids is None:
            return self.keys[:1].astype(np.int64)
        first = np.zeros(self.groups, dtype=np.int64)
        first[self.ids] = self.keys
        return first

    @cached_property
    def present(self) -> Flags:
        """Which groups have any key."""
        if self.ids is None:
            return np.ones(1, dtype=bool)
        present = np.zeros(self.groups, dtype=bool)
        present[self.ids] = True
        return present

    @cached_property
    def differ(self) -> Flags:
        """Whether a group has other keys than that one."""
        if self.ids is None:
            return np.array([bool((self.keys != self.keys[:1]).any())])
        return _having(self.first[self.ids] != self.keys, self.ids, self.groups)


def _interval(kind: Kind, cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and highest number that each cell can stand for."""
    low = cells.values.astype(np.float64)
    # Whatever stands under a missing cell, NaN perhaps, is no number; hidden cells get their own limits below.
    low[is_missing(cells.status)] = 0
    high = low.copy()
    if kind is Kind.FULL_TIME:
        low = np.maximum(low - 0.5, 0)
        high += 0.5
    hidden = cells.status == CellStatus.DISCRETIONISED
    low[hidden] = 0
    high[hidden] = _LARGEST_HIDDEN[kind]
    low[cells.status == CellStatus.ROUNDED] = 0
    return low, high


def _unbounded(measure: AddressMeasure, cells: Cells) -> Flags:
    """Where no rule tells what a cell can stand for."""
    hidden: Flags = cells.status == CellStatus.DISCRETIONISED
    if measure.derived:
        unbounded = measure.approximate or measure.kind in (Kind.PERSONS, Kind.FULL_TIME)
        return np.ones_like(hidden) if unbounded else hidden
    if measure.kind is Kind.FULL_TIME:
        # What is a sum already is off by more than half a person.
        return np.equal(cells.status, CellStatus.DERIVED)
    return hidden if measure.kind is Kind.NONE else np.zeros_like(hidden)


def _having(mask: Flags, ids: Ids | None, groups: int) -> Flags:
    """Which groups have a cell where the mask is set."""
    if ids is None or not mask.any():
        return np.full(groups, bool(mask.any()))
    # Counting pairs of group and flag costs the same whether few or all are set.
    set_in: Flags = np.bincount(ids * 2 + mask, minlength=2 * groups)[1::2] > 0
    return set_in


def _having_of(mask: Flags, ids: Ids | None, groups: int) -> Flags:
    """Which groups have a cell where the mask is set, among cells of which some belong to no group."""
    if ids is None:
        return np.array([bool(mask.any())])
    found: Flags = np.bincount(ids[mask], minlength=groups) > 0
    return found


def _of_one(key: NDArray[Any], ids: Ids | None, several: Flags, empty: int) -> NDArray[Any]:
    """The key of the one cell of each group that has one."""
    result = np.full(len(several), empty, dtype=key.dtype)
    if ids is None:
        result[:] = key[0] if len(key) else empty
    elif not several.all():
        result[ids] = key
    return result


def _count(length: int, ids: Ids | None, groups: int) -> NDArray[np.int64]:
    return np.array([length]) if ids is None else np.bincount(ids, minlength=groups)


def _sum(values: NDArray[np.float64], ids: Ids | None, groups: int) -> NDArray[np.float64]:
    if ids is None:
        return np.array([values.sum()])
    return np.bincount(ids, weights=values, minlength=groups).astype(np.float64, copy=False)


def _largest(values: NDArray[np.float64], ids: Ids | None, groups: int) -> NDArray[np.float64]:
    largest = np.zeros(groups)
    np.maximum.at(largest, np.zeros(len(values), dtype=np.intp) if ids is None else ids, values)
    return largest
