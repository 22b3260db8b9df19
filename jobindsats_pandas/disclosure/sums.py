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
from dataclasses import dataclass, replace
from functools import cached_property
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
    Registry,
    taken_apart,
)
from jobindsats_pandas.disclosure.cells import (
    Cells,
    CellStatus,
    Values,
    adds_nothing,
    as_summed,
    concatenated,
    converted,
    is_missing,
)
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

__all__ = ["REASONS", "Bounds", "SumCheck", "allow_sums", "check_rows", "check_sums", "sums_allowed"]

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

# Cells that are taken apart at a time.
_BLOCK: Final = 1 << 15
# What is looked at to tell over which periods sums are: groups by periods, and how many different sets of periods.
_MOST_MARKS: Final = 1 << 24
_MOST_SETS: Final = 64

# The frame that allowed sums, where that is a generator's: suspended, it allows nothing to whoever resumed it.
_allowed: ContextVar[FrameType | bool] = ContextVar("jobindsats_sums_allowed", default=False)
_SUSPENDS: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


@contextmanager
def allow_sums() -> Iterator[None]:
    """Let every sum through, also the wrong ones: hidden cells then count as 0.

    It holds only in the thread or task that entered it, and not outside a generator that entered it and has paused.
    A sum that would have been refused has an unknown address, so it adds to nothing afterwards.

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


def check_rows(columns: Sequence[Cells], but: Flags) -> SumCheck:
    """Ask whether the cells of each row of some columns may be added, but for some of the rows."""
    whole = all(one.whole for one in columns)
    together = concatenated([converted(one, whole=whole) for one in columns])
    ids = np.tile(np.where(but, -1, np.arange(len(but))), len(columns))
    return check_sums(replace(together, dropped=0), ids, len(but))


@dataclass(frozen=True, eq=False)
class SumCheck:
    """Whether cells add, group by group, and why not. Everything is computed when it is asked for."""

    cells: Cells
    ids: Ids | None
    groups: int

    @cached_property
    def _active(self) -> tuple[Cells, _Groups]:
        """The cells that take part in a sum, and their groups; those that count as 0 do not."""
        out = adds_nothing(self.cells)
        if self.ids is not None:
            out |= self.ids < 0
        groups = _Groups(self.ids, self.groups)
        if not out.any():
            return self.cells, groups
        keep = np.flatnonzero(~out)
        return self.cells[keep], groups.at(keep)

    @property
    def active(self) -> Cells:
        """The cells that take part in a sum."""
        return self._active[0]

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """How many cells take part in each group's sum."""
        cells, groups = self._active
        return groups.count(slice(len(cells)))

    def count_of(self, status: CellStatus) -> NDArray[np.int64]:
        """How many cells of a status take part in each group's sum."""
        cells, groups = self._active
        return groups.count(np.flatnonzero(cells.status == status))

    @cached_property
    def reasons(self) -> NDArray[np.uint16]:
        """One bit for each of `REASONS`, by group; 0 where the cells add."""
        several = self.count > 1
        found = self._structure() if several.any() else np.zeros(self.groups, dtype=np.uint16)
        found[~several] = 0
        if self.active.status.any():
            for reason, status in _OF_STATUS.items():
                has = self.count_of(status) > 0
                found[has & several if reason == "rounded" else has] |= _BIT[reason]
        if self.cells.dropped:
            found |= _BIT["dropped"]
        return found

    @property
    def valid(self) -> bool:
        """Whether all groups may be summed."""
        return not self.reasons.any()

    @property
    def bad(self) -> Flags:
        """Which groups may not be summed."""
        bad: Flags = self.reasons != 0
        return bad

    @property
    def only_hidden_stand_against(self) -> bool:
        """Whether nothing but cells that are hidden or not available keeps any group from being summed."""
        return set(self.reasons_of()) <= {"hidden", "not_available"}

    def reasons_of(self, group: int | None = None) -> tuple[str, ...]:
        """The reasons of one group, or of all together, in the fixed order."""
        bits = int(np.bitwise_or.reduce(self.reasons, initial=0) if group is None else self.reasons[group])
        return tuple(reason for reason in REASONS if bits & _BIT[reason])

    def over_members_of_rates(self) -> bool:
        """Whether some group holds one published rate of several members."""
        return any(
            measure.kind is Kind.NONE and not measure.derived and members.differ.any()
            for table in self.tables
            if table.one_measure >= 0
            for measure, _ in table.by_measure()
            for members in table.members
        )

    def mixed_levels(self) -> list[str]:
        """The dimensions in which some group has cells of several levels."""
        return [
            dimension.name
            for table in self.tables
            for dimension, mixed in zip(table.space.dimensions, table.mixed_levels(), strict=True)
            if mixed.any()
        ]

    @cached_property
    def tables(self) -> list[TableCells]:
        """The cells that take part and whose address is known, table by table."""
        cells, groups = self._active
        return [
            TableCells(place, cells.registry.spaces[place], cells[where], numbers, groups.at(where))
            for place, where, numbers in cells.registry.split(cells.addresses)
        ]

    def _structure(self) -> NDArray[np.uint16]:
        """The reasons that lie in what the cells are."""
        cells, groups = self._active
        found = np.zeros(self.groups, dtype=np.uint16)
        if int(cells.addresses.min()) < 0:
            found[groups.having(cells.addresses == UNKNOWN)] |= _BIT["unknown"]
            found[groups.having(cells.addresses == STATISTIC)] |= _BIT["rate"]
        seen = np.zeros(self.groups, dtype=bool)
        for table in self.tables:
            found[seen & table.periods.present] |= _BIT["measures"]
            seen |= table.periods.present
            found |= table.reasons()
        return found

    @cached_property
    def totals(self) -> Values:
        """The sum of the visible cells, by group."""
        cells, groups = self._active
        values = as_summed(cells)
        if groups.ids is None:
            return np.array([values.sum()])
        if groups.begins is not None:
            return groups.sum(values)
        # Sums in float64 are exact as long as they stay below 2**53, and several times faster.
        if (
            values.dtype.kind == "f"
            or max(-float(values.min(initial=0)), float(values.max(initial=0))) * len(values) < 2.0**53
        ):
            sums: Values = groups.sum(values).astype(values.dtype, copy=False)
            return sums
        exact = np.zeros(self.groups, dtype=np.int64)
        np.add.at(exact, groups.ids, values)
        return exact

    @cached_property
    def placed(self) -> tuple[Registry, Codes]:
        """The address of each group's sum, and what it is numbered in.

        It is that of its period and, in each dimension, the nearest common ancestor; over several periods it is of a
        measure of its own, that tells which they were. One cell keeps its own; unknown where the cells do not add.
        """
        cells = self.active
        several = self.count > 1
        result = np.where(several, UNKNOWN, self._of_its_one(cells.addresses, NOTHING))
        for table in self.tables if several.any() else ():
            good = several & (self.reasons == 0) & table.periods.present & ~table.over_periods
            if good.any():
                number = table.above() * len(table.space.periods) + table.periods.first
                result[good] = number[good] + cells.registry.offsets[table.place]
        over = several & (self.reasons == 0) & (result == UNKNOWN)
        if len(self.tables) != 1 or not over.any():
            return cells.registry, result
        return self._placed_over_periods(self.tables[0], np.flatnonzero(over), result)

    def _placed_over_periods(
        self, table: TableCells, groups: NDArray[np.intp], result: Codes
    ) -> tuple[Registry, Codes]:
        """Place the sums over several periods: groups of the same measure over the same periods share one."""
        space, registry = table.space, table.cells.registry
        if self.groups * len(space.periods) > _MOST_MARKS:
            return registry, result
        marks = table.marked_periods()
        if len(self.active) < len(self.cells):
            # What the API left out counts as 0 in its period.
            ids = np.zeros(len(self.cells), dtype=np.intp) if self.ids is None else self.ids
            left_out = self.cells.left_out & (ids >= 0)
            for place, where, numbers in registry.split(self.cells.addresses[left_out]):
                if place == table.place:
                    marks[ids[left_out][where], numbers % len(space.periods)] = True
        bases, of_members = table.bases[groups], space.per_measure // len(space.periods)
        alike = _in_sets(np.column_stack([marks.view(np.uint64)[groups], bases.astype(np.uint64)]))
        if alike is None:
            return registry, result
        members = table.above()[groups] % of_members
        for here in alike:
            periods = marks[groups[here[0]], : len(space.periods)]
            registry, code = registry.with_measure(table.place, space.summed_measure(bases[here[0]], periods))
            above = code * of_members + members[here]
            result[groups[here]] = (
                registry.offsets[table.place] + above * len(space.periods) + np.flatnonzero(periods)[-1]
            )
        return registry, result

    @cached_property
    def status(self) -> NDArray[np.uint8]:
        """The status of each group's sum: its own for one cell, else derived."""
        one = self._of_its_one(self.active.status, CellStatus.DERIVED)
        return np.where(self.count > 1, np.uint8(CellStatus.DERIVED), one)

    def _of_its_one(self, keys: NDArray[Any], empty: int) -> NDArray[Any]:
        """The key of each group that has one cell; `empty` of one that has none, whatever it may be of the others."""
        if (self.count == 1).any():
            return self._active[1].one_of(keys, empty)
        return np.full(self.groups, empty, dtype=keys.dtype)

    def bounds(self) -> Bounds:
        """The interval of each group's true sum.

        What a hidden cell can be is told by its kind (`Kind.largest_hidden`); visible full-time persons are rounded by
        up to 0.5; a rounded number is anything up to itself. Persons may be the same ones in several parts: they are at
        least the largest part. No total is ever held against its parts.
        """
        cells, groups = self._active
        low, high = np.zeros(self.groups), np.zeros(self.groups)
        for table in self.tables:
            for measure, where in table.by_measure():
                lows, highs = _interval(measure, table.cells[where])
                of = table.groups.at(where)
                high += of.sum(highs)
                if measure.kind is Kind.PERSONS:
                    low = np.maximum(low, of.largest(lows))
                else:
                    low += of.sum(lows)
                    over_periods = (self.reasons & _BIT["periods"]) != 0
                    high[over_periods & table.having(where)] = np.nan
        high[(self.reasons & _NO_BOUNDS) != 0] = np.nan
        high[groups.having(cells.addresses < 0)] = np.nan
        holes = self.cells.status == CellStatus.HOLE
        if holes.any():
            # Of holes alone nothing is known, not even that they are 0.
            inside = np.ones(len(holes), dtype=bool) if self.ids is None else self.ids >= 0
            everywhere = _Groups(self.ids, self.groups)
            high[everywhere.having(inside & holes) & ~everywhere.having(inside & ~holes)] = np.nan
        return Bounds(np.where(np.isnan(high), np.nan, low), high, self.count_of(CellStatus.DISCRETIONISED))


@dataclass(frozen=True, eq=False)
class _Groups:
    """The group of each cell: below 0 it is of none; without `ids` all are of one."""

    ids: Ids | None
    number: int

    def at(self, where: NDArray[np.intp] | slice) -> _Groups:
        """The groups of some of the cells."""
        everything = isinstance(where, slice) and where == slice(None)
        return self if self.ids is None or everything else _Groups(self.ids[where], self.number)

    def having(self, mask: Flags) -> Flags:
        """Which groups have a cell where the mask is set."""
        found = np.zeros(self.number, dtype=bool)
        if self.ids is None or not mask.any():
            found[:] = mask.any()
        elif self.begins is not None:
            return self._spread(np.logical_or.reduceat(mask, self.begins), False)
        else:
            found[self.ids[mask]] = True
        return found

    def count(self, where: NDArray[np.intp] | slice) -> NDArray[np.int64]:
        """How many of some cells, or of all, each group has."""
        if self.ids is None:
            return np.array([where.stop if isinstance(where, slice) else len(where)])
        if isinstance(where, slice) and self.begins is not None:
            return self._spread(np.diff(self.begins, append=len(self.ids)), 0)
        return np.bincount(self.ids[where], minlength=self.number)

    def sum(self, values: NDArray[Any]) -> NDArray[Any]:
        """The sum of numbers, by group; as float64, or exactly."""
        if self.ids is None:
            return np.array([values.sum()], dtype=np.float64)
        if self.begins is not None:
            return self._spread(np.add.reduceat(values, self.begins), 0)
        return np.bincount(self.ids, weights=values, minlength=self.number).astype(np.float64, copy=False)

    def largest(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest of numbers, by group; 0 for want of any."""
        found = np.zeros(self.number)
        np.maximum.at(found, np.zeros(len(values), dtype=np.intp) if self.ids is None else self.ids, values)
        return found

    @cached_property
    def begins(self) -> NDArray[np.intp] | None:
        """Where each group begins, if the cells of each follow each other; else None."""
        if self.ids is None or not len(self.ids) or (self.ids[1:] < self.ids[:-1]).any():
            return None
        return np.concatenate(([0], np.flatnonzero(self.ids[1:] != self.ids[:-1]) + 1))

    def _spread(self, found: NDArray[Any], empty: Any) -> NDArray[Any]:
        """What was found for each group that has cells, for all groups."""
        if len(found) == self.number:
            return found
        every = np.full(self.number, empty, dtype=found.dtype)
        every[self.ids[self.begins]] = found  # type: ignore[index]
        return every

    def one_of(self, keys: NDArray[Any], empty: int) -> NDArray[Any]:
        """One key of each group, whichever it is."""
        if self.begins is not None:
            return self._spread(keys[self.begins], empty)
        found = np.full(self.number, empty, dtype=keys.dtype)
        if self.ids is None:
            found[: len(keys)] = keys[:1]
        else:
            # The last one that is written stands, which is far cheaper than sorting.
            found[self.ids] = keys
        return found


@dataclass(frozen=True, eq=False)
class TableCells:
    """Cells of one table, taken apart: `numbers` are their places in its space."""

    place: int
    space: AddressSpace
    cells: Cells
    numbers: Codes
    groups: _Groups

    @cached_property
    def one_measure(self) -> int:
        """The measure of all the cells; -1 if there are several."""
        lowest = int(self.numbers.min()) // self.space.per_measure
        return lowest if int(self.numbers.max()) // self.space.per_measure == lowest else -1

    @cached_property
    def measure(self) -> Codes:
        """The measure of each cell."""
        return self.numbers // self.space.per_measure

    @property
    def bases(self) -> Codes:
        """A measure of each group, or the one that is added up over periods in it."""
        if self.one_measure >= 0:
            return np.full(self.groups.number, self.space.bases[self.one_measure])
        return self.groups.one_of(self.space.bases[self.measure], 0)

    @cached_property
    def over_periods(self) -> Flags:
        """Which groups have cells of several periods, or of several sets of periods."""
        differ = self.periods.differ
        return differ if self.one_measure >= 0 else differ | _Pairs(self.measure, self.groups).differ

    def marked_periods(self) -> Flags:
        """For each group and each period whether a cell is of it, or a sum over it; in rows of whole 64 bits."""
        periods = len(self.space.periods)
        marks = np.zeros((self.groups.number, -(-periods // 8)), dtype=np.uint64).view(bool)
        ids, keys = self.periods.groups.ids, self.periods.keys
        marks.ravel()[keys if ids is None else ids * marks.shape[1] + keys] = True
        for code, (_, summed) in self.space.summed.items():
            marks[self.groups.having(self.measure == code), :periods] |= summed
        return marks

    def _digits(self, cells: NDArray[np.intp] | slice, radices: list[int]) -> list[NDArray[np.integer]]:
        """Take some cells apart: the period, then the member in each dimension from last to first."""
        per_measure = self.space.per_measure
        rest: NDArray[np.integer] = self.numbers[cells]
        if self.one_measure:
            rest = rest - rest // per_measure * per_measure
        # Divisions are what taking apart costs, and those of 32 bits are twice as fast.
        return list(taken_apart(rest.astype(np.uint32) if per_measure < 1 << 32 else rest, radices[:-1]))

    @cached_property
    def taken_apart(self) -> list[NDArray[np.integer]]:
        """The period of each cell, and its member in each dimension."""
        period, *members = self._digits(slice(None), self.space.radices)
        return [period, *reversed(members)]

    def _digit(self, place: int) -> NDArray[np.integer]:
        """One digit of each cell, of which the period is the first."""
        if place:
            return self.taken_apart[-place]
        periods = len(self.space.periods)
        return self._digits(slice(None), [periods, self.space.per_measure // periods])[0]

    @cached_property
    def _rise(self) -> bool:
        """Whether the numbers rise, as they do as read."""
        return bool((self.numbers[1:] > self.numbers[:-1]).all())

    @cached_property
    def _one_by_group(self) -> NDArray[np.intp] | None:
        """A cell of each group, if the cells of each differ in their period alone; else None."""
        begins = self.groups.begins
        if begins is None or not self._rise:
            return None
        first, last = self.numbers[begins], self.numbers[np.append(begins[1:], len(self.numbers)) - 1]
        periods = len(self.space.periods)
        return begins if bool((first // periods == last // periods).all()) else None

    @cached_property
    def _pairs(self) -> list[_Pairs]:
        """Which periods and which members each group has, in the order of the digits.

        Marking them off in tables makes millions of cells a handful of pairs: neighbouring digits together as long as
        their table stays small, and in blocks of cells, so that nothing leaves the processor's cache. Where a table
        would be far larger than the cells are, these are kept as they are.
        """
        number = self.groups.number
        small, most = max(len(self.numbers) >> 4, 1 << 12), max(len(self.numbers) >> 2, 1 << 12)
        together: list[list[int]] = []
        for radix in self.space.radices:
            if together and number * math.prod(together[-1]) * radix <= small:
                together[-1].append(radix)
            else:
                together.append([radix])
        sizes = [math.prod(radices) for radices in together]
        seen = [np.zeros(number * size if number * size <= most else 0, dtype=bool) for size in sizes]
        for start in range(0, len(self.numbers) if any(map(len, seen)) else 0, _BLOCK):
            block = slice(start, start + _BLOCK)
            ids = self.groups.at(block).ids
            for marks, digit, size in zip(seen, self._digits(block, sizes), sizes, strict=True):
                if len(marks):
                    marks[digit if ids is None else ids * size + digit] = True
        pairs: list[_Pairs] = []
        for marks, size, radices in zip(seen, sizes, together, strict=True):
            if len(marks):
                ids, keys = np.divmod(np.flatnonzero(marks), size)
                groups = _Groups(None if self.groups.ids is None else ids, number)
                pairs += [_Pairs(digit, groups) for digit in [*taken_apart(keys, radices)][:-1]]
            elif pairs and self._one_by_group is not None:
                digits = self._digits(self._one_by_group, self.space.radices)
                pairs.append(_Pairs(digits[len(pairs)], self.groups.at(self._one_by_group)))
            else:
                pairs.append(_Pairs(self._digit(len(pairs)), self.groups))
        return pairs

    @property
    def periods(self) -> _Pairs:
        """The periods that each group has."""
        return self._pairs[0]

    @property
    def members(self) -> list[_Pairs]:
        """For each dimension the members that each group has."""
        return self._pairs[:0:-1]

    def gaps(self) -> str:
        """What is said where a sum runs over periods between which the table has none; else empty."""
        pairs = self.periods
        if not (self.space.has_gaps and pairs.differ.any()):
            return ""
        codes = pairs.keys if pairs.groups.ids is None else pairs.keys[pairs.differ[pairs.groups.ids]]
        return self.space.gaps(np.flatnonzero(np.bincount(codes)))

    def by_measure(self) -> Iterator[tuple[AddressMeasure, NDArray[np.intp] | slice]]:
        """Each measure that there is, and where."""
        if self.one_measure >= 0:
            yield self.space.measures[self.one_measure], slice(None)
            return
        for code in np.unique(self.measure):
            yield self.space.measures[code], np.flatnonzero(self.measure == code)

    def having(self, where: NDArray[np.intp] | slice) -> Flags:
        """Which groups have some of these cells, or any where those are all."""
        return self.periods.present if isinstance(where, slice) else self.groups.count(where) > 0

    def mixed_levels(self) -> list[Flags]:
        """For each dimension, which groups have cells of several levels."""
        of_dimensions = zip(self.space.dimensions, self.members, strict=True)
        return [members.differ_in(dimension.level_of) for dimension, members in of_dimensions]

    def reasons(self) -> NDArray[np.uint16]:
        """The reasons that lie in what the cells are, by group."""
        found = np.zeros(self.groups.number, dtype=np.uint16)
        if self.one_measure < 0:
            found[_Pairs(self.space.bases[self.measure], self.groups).differ] |= _BIT["measures"]
            found[self._overlapping()] |= _BIT["repeated"]
        over_periods = np.zeros(self.groups.number, dtype=bool)
        for measure, where in self.by_measure():
            here = self.having(where)
            if not measure.kind.over_parts:
                found[here] |= _BIT["rate" if measure.kind is Kind.NONE else "persons"]
            if not measure.kind.over_periods:
                over_periods |= here
        if self.periods.differ.any():
            types = self.space.period_types
            over_periods |= self.periods.differ_in(types)
            if types.max() >= len(APART):
                over_periods |= self.periods.groups.having(types[self.periods.keys] >= len(APART))
            found[self.periods.differ & over_periods] |= _BIT["periods"]
        for mixed in self.mixed_levels():
            found[mixed] |= _BIT["levels"]
        found[self._repeated()] |= _BIT["repeated"]
        return found

    def above(self) -> Codes:
        """The measure and, in each dimension, the nearest common ancestor of each group, as a number without period."""
        if self.one_measure >= 0:
            result = np.full(self.groups.number, self.one_measure, dtype=np.int64)
        else:
            result = self.groups.one_of(self.measure, 0)
        for dimension, members in zip(self.space.dimensions, self.members, strict=True):
            nearest, differ = members.first, members.differ
            for row in dimension.ancestors[-2:0:-1]:
                if not differ.any():
                    break
                ancestors = members.of(row)
                nearest = np.where(differ & ~ancestors.differ, ancestors.first, nearest)
                differ = differ & ancestors.differ
            result = result * len(dimension.members) + np.where(differ, 0, nearest)
        return result

    def _all_differ(self) -> bool:
        """Whether no cell is there twice, in whichever groups."""
        if self.space.size <= 8 * len(self.numbers):
            # Marking places off is several times cheaper than sorting, where there are not far more of them than cells.
            marks = np.zeros(self.space.size, dtype=bool)
            marks[self.numbers] = True
            return bool(np.count_nonzero(marks) == len(self.numbers))
        ordered = np.sort(self.numbers)
        return bool((ordered[1:] > ordered[:-1]).all())

    def _repeated(self) -> Flags:
        """Which groups have a cell twice."""
        numbers, ids = self.numbers, self.groups.ids
        found = np.zeros(self.groups.number, dtype=bool)
        if self._rise or self._all_differ():
            return found
        if ids is None:
            return ~found
        order = np.lexsort((numbers, ids))
        numbers, ids = numbers[order], ids[order]
        found[ids[1:][(np.diff(numbers) == 0) & (np.diff(ids) == 0)]] = True
        return found

    def _overlapping(self) -> Flags:
        """Which groups have two sums over the same period of the same members, or such a sum and its cell."""
        space, number = self.space, self.groups.number
        found = np.zeros(number, dtype=bool)
        summed = [code for code in np.unique(self.measure).tolist() if code in space.summed]
        if not summed:
            return found
        ids = np.zeros(len(self.numbers), dtype=np.intp) if self.groups.ids is None else self.groups.ids
        members = self.numbers % space.per_measure // len(space.periods)
        alike = np.column_stack([ids, space.bases[self.measure], members])
        _, which, count = np.unique(alike, axis=0, return_inverse=True, return_counts=True)
        again = np.flatnonzero(count[which] > 1)
        rows, row = np.unique(which[again], return_inverse=True)
        if len(rows) * len(space.periods) > _MOST_MARKS:
            found[ids[again]] = True
            return found
        times = np.zeros((len(rows), len(space.periods)), dtype=np.int32)
        measures = self.measure[again]
        for code in np.unique(measures).tolist():
            here = measures == code
            if code in space.summed:
                np.add.at(times, row[here], space.summed[code][1].astype(np.int32))
            else:
                np.add.at(times, (row[here], self.taken_apart[0][again][here]), 1)
        overlap: Flags = np.any(times > 1, axis=1)
        found[ids[again][overlap[row]]] = True
        return found


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Keys and the groups that have them."""

    keys: NDArray[np.integer]
    groups: _Groups

    def of(self, table: NDArray[np.integer]) -> _Pairs:
        """The same groups, with what a table says of each key."""
        return _Pairs(table.take(self.keys), self.groups)

    @cached_property
    def first(self) -> Codes:
        """One key of each group."""
        return self.groups.one_of(self.keys.astype(np.int64, copy=False), 0)

    @cached_property
    def present(self) -> Flags:
        """Which groups have any key."""
        return self.groups.one_of(np.ones(len(self.keys), dtype=bool), False)

    @cached_property
    def differ(self) -> Flags:
        """Whether a group has several keys."""
        groups = self.groups
        if groups.ids is None or groups.begins is None:
            return groups.having(self.keys != (self.first if groups.ids is None else self.first[groups.ids]))
        # Neighbours tell, which is several times cheaper.
        changes = np.concatenate(([False], self.keys[1:] != self.keys[:-1]))
        changes[groups.begins] = False
        return groups.having(changes)

    def differ_in(self, table: NDArray[np.integer]) -> Flags:
        """Whether a group has keys of which a table says different things."""
        if not self.differ.any():
            return self.differ
        said = table[np.flatnonzero(np.bincount(self.keys))]
        return self.of(table).differ if (said != said[0]).any() else np.zeros(self.groups.number, dtype=bool)


def _in_sets(rows: NDArray[np.uint64]) -> list[NDArray[np.intp]] | None:
    """The places of rows that are alike, set by set; None where there are too many sets."""
    # Few sets are the rule, and telling them apart is then several times cheaper than sorting.
    sets: list[NDArray[np.intp]] = []
    left = np.arange(len(rows))
    while len(left) and len(sets) < _MOST_SETS:
        same = np.ones(len(rows), dtype=bool)
        for column in rows.T:
            same &= column == column[0]
        sets.append(left[same])
        left, rows = left[~same], rows[~same]
    return None if len(left) else sets


def _interval(measure: AddressMeasure, cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The lowest and highest number that each cell can stand for; the highest is NaN where no rule tells."""
    kind, status = measure.kind, cells.status
    low = cells.values.astype(np.float64)
    # Whatever stands under a missing cell, NaN perhaps, is no number.
    low[is_missing(status)] = 0
    high = low.copy()
    if kind is Kind.FULL_TIME:
        low, high = np.maximum(low - 0.5, 0), high + 0.5
        # What is a sum already is off by more than half a person.
        high[status == CellStatus.DERIVED] = np.nan
    hidden = status == CellStatus.DISCRETIONISED
    low[hidden | (status == CellStatus.ROUNDED)] = 0
    high[hidden] = np.nan if measure.derived else kind.largest_hidden
    if measure.approximate or (measure.derived and kind in (Kind.PERSONS, Kind.FULL_TIME)):
        high[:] = np.nan
    return low, high
