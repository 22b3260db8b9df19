"""When cells add: the rules and the bounds. Pure and vectorised; pandas is not needed here.

Cells add when they are distinct cells of one table and one measure, all of them visible, and in every dimension
of one level of one hierarchy. The measure's kind says the rest (see `jobindsats_pandas.kinds.Kind`). One visible
cell alone is its own sum; a combination that was left out counts as 0.
"""

# ruff: noqa: SLF001 - sys._getframe tells whether a generator that allowed sums is the one that runs

from __future__ import annotations

import inspect
import sys
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from jobindsats_pandas.disclosure.addresses import (
    NOTHING,
    STATISTIC,
    UNKNOWN,
    AddressMeasure,
    Codes,
    Registry,
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
from jobindsats_pandas.disclosure.tables import BIT, MOST_MARKS, REASONS, Flags, Groups, Ids, TableCells
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from numpy.typing import NDArray

__all__ = ["REASONS", "Bounds", "SumCheck", "allow_sums", "check_rows", "check_sums", "sums_allowed"]

_OF_STATUS = {
    "not_available": CellStatus.NOT_AVAILABLE,
    "hidden": CellStatus.DISCRETIONISED,
    "rounded": CellStatus.ROUNDED,
    "filled": CellStatus.FILLED,
}
# Then what is added is not one thing, or nothing is known that would bound it.
_NO_BOUNDS = sum(
    BIT[reason]
    for reason in ("measures", "rate", "unknown", "levels", "repeated", "not_available", "filled", "dropped")
)

# Over how many different sets of periods sums are told apart.
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
    def _active(self) -> tuple[Cells, Groups]:
        """The cells that take part in a sum, and their groups; those that count as 0 do not."""
        out = adds_nothing(self.cells)
        if self.ids is not None:
            out |= self.ids < 0
        groups = Groups(self.ids, self.groups)
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
                found[has & several if reason == "rounded" else has] |= BIT[reason]
        if self.cells.dropped:
            found |= BIT["dropped"]
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
        return tuple(reason for reason in REASONS if bits & BIT[reason])

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
            found[groups.having(cells.addresses == UNKNOWN)] |= BIT["unknown"]
            found[groups.having(cells.addresses == STATISTIC)] |= BIT["rate"]
        seen = np.zeros(self.groups, dtype=bool)
        for table in self.tables:
            found[seen & table.periods.present] |= BIT["measures"]
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
        measure of its own, that tells which they were. Where some sum is of some members of its ancestor alone, they are
        of a measure that tells which members stand together, and stand at the first of those. One cell keeps its own;
        unknown where the cells do not add.
        """
        if not (self.count > 1).any():
            return self.cells.registry, self._of_its_one(self.active.addresses, NOTHING)
        found = self._placed_at([table.at(table.nearest) for table in self.tables])
        if len(self.tables) != 1:
            return found
        (table,), fine = self.tables, (self.count > 1) & (self.reasons == 0)
        over_periods_alone = not (table.summed or any(members.differ.any() for members in table.members))
        if over_periods_alone or (_side_by_side(*found) and table.whole(fine)):
            return found
        first = table.together(fine)
        if not first:
            return found
        members = table.at([one[here.first] for one, here in zip(first, table.members, strict=True)])
        closer = self._placed_at([members], first)
        return closer if _side_by_side(*closer) else found

    def _placed_at(
        self, members: Sequence[Codes], first: Sequence[NDArray[np.intp]] = ()
    ) -> tuple[Registry, Codes]:
        """Place sums at members, table by table; groups of the same measure over the same periods share one."""
        fine, registry = (self.count > 1) & (self.reasons == 0), self.cells.registry
        result = np.where(self.count > 1, UNKNOWN, self._of_its_one(self.active.addresses, NOTHING))
        for table, here in zip(self.tables, members, strict=True):
            periods, good = len(table.space.periods), fine & table.periods.present & ~table.over_periods
            for base in np.unique(table.bases[good]) if good.any() else ():
                code = base
                if first:
                    measure = table.space.summed_measure(base, np.zeros(periods, dtype=bool), first)
                    registry, code = registry.with_measure(table.place, measure)
                of = good & (table.bases == base)
                above = code * (table.space.per_measure // periods) + here[of]
                result[of] = registry.offsets[table.place] + above * periods + table.periods.first[of]
        over = np.flatnonzero(fine & (result == UNKNOWN))
        if len(self.tables) != 1 or not len(over):
            return registry, result
        return self._placed_over_periods(registry, self.tables[0], over, result, members[0], first)

    def _placed_over_periods(
        self,
        registry: Registry,
        table: TableCells,
        groups: NDArray[np.intp],
        result: Codes,
        members: Codes,
        first: Sequence[NDArray[np.intp]],
    ) -> tuple[Registry, Codes]:
        """Place the sums over several periods: groups of the same measure over the same periods share one."""
        space = table.space
        if self.groups * len(space.periods) > MOST_MARKS:
            return registry, result
        marks = table.marked_periods()
        if len(self.active) < len(self.cells):
            # What the API left out counts as 0 in its period.
            ids = np.zeros(len(self.cells), dtype=np.intp) if self.ids is None else self.ids
            left_out = self.cells.left_out & (ids >= 0)
            for place, where, numbers in self.cells.registry.split(self.cells.addresses[left_out]):
                if place == table.place:
                    marks[ids[left_out][where], numbers % len(space.periods)] = True
        bases, of_members = table.bases[groups], space.per_measure // len(space.periods)
        alike = _in_sets(np.column_stack([marks.view(np.uint64)[groups], bases.astype(np.uint64)]))
        if alike is None:
            return registry, result
        for here in alike:
            periods, code = marks[groups[here[0]], : len(space.periods)], bases[here[0]]
            last = np.flatnonzero(periods)[-1]
            if first or np.count_nonzero(periods) > 1:
                measure = space.summed_measure(code, periods, first)
                registry, code = registry.with_measure(table.place, measure)
            above = code * of_members + members[groups[here]]
            result[groups[here]] = registry.offsets[table.place] + above * len(space.periods) + last
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
                    over_periods = (self.reasons & BIT["periods"]) != 0
                    high[over_periods & table.having(where)] = np.nan
        high[(self.reasons & _NO_BOUNDS) != 0] = np.nan
        high[groups.having(cells.addresses < 0)] = np.nan
        holes = self.cells.status == CellStatus.HOLE
        if holes.any():
            # Of holes alone nothing is known, not even that they are 0.
            inside = np.ones(len(holes), dtype=bool) if self.ids is None else self.ids >= 0
            everywhere = Groups(self.ids, self.groups)
            high[everywhere.having(inside & holes) & ~everywhere.having(inside & ~holes)] = np.nan
        return Bounds(np.where(np.isnan(high), np.nan, low), high, self.count_of(CellStatus.DISCRETIONISED))


def _side_by_side(registry: Registry, addresses: Codes) -> bool:
    """Whether neither their levels nor what they are sums of keeps sums from being added."""
    nothing = np.zeros(len(addresses), dtype=np.int64)
    check = check_sums(Cells(nothing, nothing.astype(np.uint8), addresses, registry))
    return not check.reasons[0] & (BIT["levels"] | BIT["repeated"])


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
