"""The cells of one table, taken apart into periods and members, group by group: what they have in common, and what differs.

Marking off which periods and members each group has makes millions of cells a handful of pairs, of which everything
else is told: whether they are of one level, whether they repeat each other, and what their sum stands for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from jobindsats_pandas.disclosure.addresses import (
    APART,
    AddressMeasure,
    AddressSpace,
    Codes,
    taken_apart,
)
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobindsats_pandas.disclosure.cells import Cells

__all__ = ["BIT", "MOST_MARKS", "REASONS", "Flags", "Groups", "Ids", "TableCells"]

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

BIT = {reason: 1 << place for place, reason in enumerate(REASONS)}

# Cells that are taken apart at a time.
_BLOCK: Final = 1 << 15
# What is looked at to tell over which periods and members sums are: groups by periods, and cells.
MOST_MARKS: Final = 1 << 24
# How often it is looked for what else stands together with members of one group.
_MOST_STEPS: Final = 8


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each cell: below 0 it is of none; without `ids` all are of one."""

    ids: Ids | None
    number: int

    def at(self, where: NDArray[np.intp] | slice) -> Groups:
        """The groups of some of the cells."""
        everything = isinstance(where, slice) and where == slice(None)
        return self if self.ids is None or everything else Groups(self.ids[where], self.number)

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
        if self.ids is None or not len(self.ids):
            return None
        begins = np.concatenate(([0], np.flatnonzero(self.ids[1:] != self.ids[:-1]) + 1))
        found = self.ids[begins]
        return begins if bool((found[1:] > found[:-1]).all()) else None

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
    groups: Groups

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
    def bases(self) -> Codes:
        """A measure of each group, or the one that is added up in it."""
        if self.one_measure >= 0:
            return np.full(self.groups.number, self.space.bases[self.one_measure])
        return self.groups.one_of(self.space.bases[self.measure], 0)

    @cached_property
    def summed(self) -> list[int]:
        """The measures that were added up already, of those that there are."""
        if not self.space.summed:
            return []
        return [code for code in np.unique(self.measure).tolist() if code in self.space.summed]

    @cached_property
    def over_periods(self) -> Flags:
        """Which groups have cells of several periods, or sums that may be over several."""
        over = self.periods.differ
        for code in self.summed:
            over = over | self.groups.having(self.measure == code)
        return over

    def marked_periods(self) -> Flags:
        """For each group and each period whether a cell is of it, or a sum over it; in rows of whole 64 bits."""
        periods = len(self.space.periods)
        marks = np.zeros((self.groups.number, -(-periods // 8)), dtype=np.uint64).view(bool)
        ids, keys = self.periods.groups.ids, self.periods.keys
        marks.ravel()[keys if ids is None else ids * marks.shape[1] + keys] = True
        for code in self.summed:
            marks[self.groups.having(self.measure == code), :periods] |= self.space.summed[code].periods
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
    def _one_by_group(self) -> tuple[list[NDArray[np.integer]], Groups] | None:
        """A cell of each group, taken apart, and its group, if the cells of each differ in their period alone; else None."""
        begins = self.groups.begins
        if begins is None or not self._rise:
            return None
        first, last = self.numbers[begins], self.numbers[np.append(begins[1:], len(self.numbers)) - 1]
        digits = self._digits(begins, self.space.radices)
        if (digits[0] + (last - first) >= len(self.space.periods)).any():
            return None
        return digits, self.groups.at(begins)

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
                groups = Groups(None if self.groups.ids is None else ids, number)
                pairs += [_Pairs(digit, groups) for digit in [*taken_apart(keys, radices)][:-1]]
            elif self._one_by_group is None:
                pairs.append(_Pairs(self._digit(len(pairs)), self.groups))
            elif pairs:
                digits, groups = self._one_by_group
                pairs.append(_Pairs(digits[len(pairs)], groups))
            else:
                several = self.groups.count(slice(len(self.numbers))) > 1
                pairs.append(_Pairs(self._digit(0), self.groups, several))
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
            found[_Pairs(self.space.bases[self.measure], self.groups).differ] |= BIT["measures"]
            found[self._overlapping()] |= BIT["repeated"]
        over_periods = np.zeros(self.groups.number, dtype=bool)
        for measure, where in self.by_measure():
            here = self.having(where)
            if not measure.kind.over_parts:
                found[here] |= BIT["rate" if measure.kind is Kind.NONE else "persons"]
            if not measure.kind.over_periods:
                over_periods |= here
        if self.periods.differ.any():
            types = self.space.period_types
            over_periods |= self.periods.differ_in(types)
            if types.max() >= len(APART):
                over_periods |= self.periods.groups.having(types[self.periods.keys] >= len(APART))
            found[self.periods.differ & over_periods] |= BIT["periods"]
        for mixed in self.mixed_levels():
            found[mixed] |= BIT["levels"]
        found[self._repeated()] |= BIT["repeated"]
        return found

    @cached_property
    def nearest(self) -> list[Codes]:
        """In each dimension the nearest common ancestor of each group."""
        found = []
        for place, dimension in enumerate(self.space.dimensions):
            members = self._members_above(place)
            nearest, differ = members.first, members.differ
            for row in dimension.ancestors[-2:0:-1]:
                if not differ.any():
                    break
                ancestors = members.of(row)
                nearest = np.where(differ & ~ancestors.differ, ancestors.first, nearest)
                differ = differ & ancestors.differ
            found.append(np.where(differ, 0, nearest))
        return found

    def at(self, members: Sequence[Codes]) -> Codes:
        """Members of each dimension as a number without measure and period."""
        result = np.zeros(self.groups.number, dtype=np.int64)
        for dimension, here in zip(self.space.dimensions, members, strict=True):
            result = result * len(dimension.members) + here
        return result

    def whole(self, groups: Flags) -> bool:
        """Whether some groups have, in each dimension, all members of a level below what these have in common."""
        if any(self.space.summed[code].first for code in self.summed):
            cells, numbers = self._with_all_members()
            if not len(cells):
                return False
            some = Groups(None if self.groups.ids is None else self.groups.ids[cells], self.groups.number)
            radices = [len(dimension.members) for dimension in reversed(self.space.dimensions)]
            of_dimensions = [_Pairs(digit, some) for digit in [*taken_apart(numbers, radices)][-2::-1]]
        else:
            of_dimensions = self.members
        for dimension, members, above in zip(self.space.dimensions, of_dimensions, self.nearest, strict=True):
            several = groups & members.differ
            if several.any():
                ids = (
                    np.zeros(len(members.keys), np.intp) if members.groups.ids is None else members.groups.ids
                )
                known = len(dimension.members)
                if self.groups.number * known > MOST_MARKS:
                    return False
                marks = np.zeros((self.groups.number, known), dtype=bool)
                marks.ravel()[ids * known + members.keys] = True
                has = np.count_nonzero(marks, axis=1)
                if (has < dimension.numbers_below[dimension.level_of[members.first], above])[several].any():
                    return False
        return True

    def _members_above(self, place: int) -> _Pairs:
        """The members that each group has in a dimension; in the place of those that stand together their ancestor."""
        dimension, found = self.space.dimensions[place], None
        for code in self.summed:
            for first in self.space.summed[code].first[place : place + 1]:
                found = self.taken_apart[place + 1].copy() if found is None else found
                above = np.arange(len(first))
                for one in np.flatnonzero(np.bincount(first) > 1):
                    above[first == one] = dimension.common(np.flatnonzero(first == one))
                here = self.measure == code
                found[here] = above[found[here]]
        return self.members[place] if found is None else _Pairs(found, self.groups)

    def together(self, groups: Flags) -> list[NDArray[np.intp]]:
        """In each dimension, of each member the first one of those that some groups add up, by name.

        Groups that share a member stand together. Empty where that takes too long to tell.
        """
        found = []
        for place, (dimension, members) in enumerate(zip(self.space.dimensions, self.members, strict=True)):
            known = len(dimension.members)
            ids = np.zeros(len(members.keys), np.intp) if members.groups.ids is None else members.groups.ids
            pairs = [(ids[groups[ids]], members.keys[groups[ids]])]
            for code in self.summed:
                of = self.space.summed[code].first[place : place + 1]
                pairs += [(one + self.groups.number, np.arange(known)) for one in of]
            of_group, of_member = map(np.concatenate, zip(*pairs, strict=True))
            first = np.argsort(dimension.in_order)
            for _ in range(_MOST_STEPS):
                before, least = first, np.full(self.groups.number + known, known)
                np.minimum.at(least, of_group, before[of_member])
                first = before.copy()
                np.minimum.at(first, of_member, least[of_group])
                if np.array_equal(first, before):
                    break
            else:
                return []
            found.append(dimension.in_order[first])
        return found

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
        """Which groups have two sums of the same cell, or a sum and its cell."""
        space, number = self.space, self.groups.number
        found = np.zeros(number, dtype=bool)
        if not self.summed:
            return found
        ids = np.zeros(len(self.numbers), dtype=np.intp) if self.groups.ids is None else self.groups.ids
        cells, members = self._with_all_members()
        if not len(cells):
            return ~found
        alike = np.column_stack([ids, space.bases[self.measure]])[cells]
        _, which, count = np.unique(
            np.column_stack([alike, members]), axis=0, return_inverse=True, return_counts=True
        )
        again = count[which] > 1
        cells = cells[again]
        rows, row = np.unique(which[again], return_inverse=True)
        if len(rows) * len(space.periods) > MOST_MARKS:
            found[ids[cells]] = True
            return found
        times = np.zeros((len(rows), len(space.periods)), dtype=np.int32)
        measures, over = self.measure[cells], np.zeros(len(cells), dtype=bool)
        for code in self.summed:
            here = (measures == code) & bool(space.summed[code].periods.any())
            np.add.at(times, row[here], space.summed[code].periods.astype(np.int32))
            over |= here
        np.add.at(times, (row[~over], self.taken_apart[0][cells][~over]), 1)
        overlap: Flags = np.any(times > 1, axis=1)
        found[ids[cells][overlap[row]]] = True
        return found

    def _with_all_members(self) -> tuple[NDArray[np.intp], Codes]:
        """Each cell as often as there are members that it is a sum of, and their number; empty where those are too many."""
        cells, members = [], []
        for code in np.unique(self.measure).tolist():
            here = np.flatnonzero(self.measure == code)
            numbers = np.zeros(len(here), dtype=np.int64)
            first = self.space.summed[code].first if code in self.summed else ()
            for place, dimension in enumerate(self.space.dimensions):
                digits: NDArray[np.integer] = self.taken_apart[place + 1][here]
                if first:
                    of = first[place]
                    times = np.bincount(of, minlength=len(of))
                    begins, times = (np.cumsum(times) - times)[of[digits]], times[of[digits]]
                    if times.sum() > MOST_MARKS:
                        return here[:0], numbers[:0]
                    within = np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)
                    here, numbers = np.repeat(here, times), np.repeat(numbers, times)
                    digits = np.argsort(of, kind="stable")[np.repeat(begins, times) + within]
                numbers = numbers * len(dimension.members) + digits
            cells.append(here)
            members.append(numbers)
        return np.concatenate(cells), np.concatenate(members)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Keys and the groups that have them; and which have several, where that is known."""

    keys: NDArray[np.integer]
    groups: Groups
    several: Flags | None = None

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
        if self.several is not None:
            return self.several
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
        if (table != table[0]).any():
            said = table[np.flatnonzero(np.bincount(self.keys))]
            if (said != said[0]).any():
                return self.of(table).differ
        return np.zeros(self.groups.number, dtype=bool)
