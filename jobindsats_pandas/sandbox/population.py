"""Synthetic persons, and how they are counted.

A :class:`Register` holds the persons of one table. Most belong to one cell of it and stay there: they are the slots
``0 … n-1`` of that cell in a month, so that the same persons come back month after month. Some *cross*: for a few
months they belong to two cells at once (two funds, two offers, two municipalities). Distinct persons can therefore
be counted exactly over any set of cells and months, without a row per person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Amount", "Axis", "Hierarchy", "Level", "Register", "Span"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Span = tuple[int, int]
"""First base period, and the one after the last."""

Draw = Callable[[np.random.Generator, Integers], Integers]


@dataclass(frozen=True)
class Level:
    """A level of a hierarchy: ``(path, name, node)`` for each member, the node being a row of the axis's matrix."""

    id: str
    name: str
    members: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Hierarchy:
    """One way to break an axis down.

    Attributes
    ----------
    total : str
        The name of everybody, node 0; empty where the answer holds no total.
    levels : tuple of Level
        Those below the total.
    """

    id: str
    name: str
    total: str
    levels: tuple[Level, ...]

    @property
    def members(self) -> tuple[tuple[str, str, int], ...]:
        """Every member, the total first, then level by level."""
        total = (("/", self.total, 0),) if self.total else ()
        return sum((level.members for level in self.levels), total)


@dataclass(frozen=True)
class Axis:
    """A dimension of the population.

    Attributes
    ----------
    weights : numpy.ndarray
        Relative size of each leaf.
    nodes : numpy.ndarray
        Boolean, nodes by leaves: who is counted where. Node 0 is everybody.
    """

    id: str
    name: str
    weights: Floats
    nodes: NDArray[np.bool_]
    hierarchies: tuple[Hierarchy, ...]


@dataclass(frozen=True)
class Amount:
    """Something that adds up over a cell's persons: hours, courses, money.

    Attributes
    ----------
    names : tuple of str
        What is drawn together, for instance the types of sanction.
    draw : callable
        From a generator and the number of persons in each cell to the amounts in each cell, one row for each name.
    shared : bool
        Whether a person who belongs to two cells brings only half of it to each.
    """

    names: tuple[str, ...]
    draw: Draw
    shared: bool = False


@dataclass
class Register:
    """The persons of one table: ``len(expected)`` base periods, then one axis of cells for each dimension.

    Attributes
    ----------
    singles : dict
        For each set of persons (``"persons"`` is everybody), how many belong to one cell only.
    members : dict
        For each set of persons, which of those who cross belong to it.
    amounts : dict
        What adds up over cells; those who cross are included.
    first, last : numpy.ndarray
        Base periods in which a person who crosses is present, both included.
    here, there : numpy.ndarray
        The two cells of a person who crosses, axes by persons.
    """

    singles: dict[str, Integers]
    members: dict[str, NDArray[np.bool_]]
    amounts: dict[str, Integers]
    first: Integers
    last: Integers
    here: Integers
    there: Integers
    shape: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.shape = self.singles["persons"].shape[1:]

    @classmethod
    def populate(
        cls,
        *,
        seed: Sequence[int],
        expected: Floats,
        crossing: Mapping[int, float],
        amounts: Sequence[Amount],
        subsets: Mapping[str, float],
    ) -> Register:
        """Draw a register.

        Parameters
        ----------
        seed : sequence of int
            The same seed gives the same register.
        expected : numpy.ndarray
            Expected number of persons, base periods by cells.
        crossing : mapping
            For each axis, the share of persons who belong to two of its leaves at once.
        amounts, subsets : mapping
            What adds up, and which part of the persons belongs to each smaller set.
        """
        rng = np.random.default_rng([*seed])
        periods, *shape = expected.shape
        cells = expected[0].size
        # One uniform number per cell and half year: persons stay for a while instead of being redrawn each month.
        luck = rng.random((periods // 6 + 1, cells), dtype=np.float32)
        noise = 1 + 0.06 * rng.standard_normal((periods, cells), dtype=np.float32)
        count = expected.reshape(periods, cells) * noise + luck[np.arange(periods) // 6]
        singles = np.maximum(np.floor(count), 0).astype(np.int64)

        typical = expected.mean(axis=0)
        pairs = [
            _crossers(rng, typical, axis, int(part * typical.sum() * periods / 2))
            for axis, part in crossing.items()
        ]
        here, there = np.concatenate(pairs or [np.zeros((2, len(shape), 0), dtype=np.int64)], axis=2)
        people = here.shape[1]
        first = rng.integers(0, periods, people)
        last = np.minimum(first + rng.integers(0, 4, people), periods - 1)

        register = cls(
            singles={"persons": singles.reshape(periods, *shape)},
            members={"persons": np.ones(people, dtype=bool)},
            amounts={},
            first=first,
            last=last,
            here=here,
            there=there,
        )
        for name, chance in subsets.items():
            some = np.floor(singles * chance + rng.random(cells)).astype(np.int64)
            register.singles[name] = np.minimum(some, singles).reshape(periods, *shape)
            register.members[name] = rng.random(people) < chance
        register.amounts = register._drawn(rng, amounts, singles.reshape(periods, *shape))
        return register

    def _drawn(
        self, rng: np.random.Generator, amounts: Sequence[Amount], singles: Integers
    ) -> dict[str, Integers]:
        """Draw what adds up in the newest base periods, for as many as `singles` has."""
        periods = len(singles)
        start = len(self.singles["persons"]) - periods
        when, who = np.nonzero(self.present([(start + t, start + t + 1) for t in range(periods)]))
        ones = np.ones(len(when), dtype=np.int64)
        drawn: dict[str, Integers] = {}
        for amount in amounts:
            totals = amount.draw(rng, singles.reshape(periods, -1))
            for cell in (self.here, self.there):
                flat = np.ravel_multi_index((when, *cell[:, who]), singles.shape)
                parts = amount.draw(rng, ones) // (2 if amount.shared else 1)
                for row, part in enumerate(parts):
                    added = np.bincount(flat, part, singles.size).astype(np.int64)
                    totals[row] += added.reshape(periods, -1)
            for name, total in zip(amount.names, totals, strict=True):
                drawn[name] = total.reshape(singles.shape)
        return drawn

    # What a new publication makes of it: each time a register of its own, in which all else stays as it was.

    def widened(self, axis: int) -> Register:
        """Give the register with one leaf more, the last of an axis, to which nobody belongs yet."""

        def wide(cells: Integers) -> Integers:
            return np.concatenate([cells, np.zeros_like(cells.take([0], axis + 1))], axis + 1)

        return replace(
            self,
            singles={name: wide(cells) for name, cells in self.singles.items()},
            amounts={name: wide(cells) for name, cells in self.amounts.items()},
        )

    def revised(
        self,
        rng: np.random.Generator,
        singles: Integers,
        *,
        amounts: Sequence[Amount],
        subsets: Mapping[str, float],
    ) -> Register:
        """Give the register with other numbers of persons in its newest base periods, for as many as `singles` has.

        What the persons of a cell bring with them is drawn anew where their number is another, and only there.
        """
        start = len(self.singles["persons"]) - len(singles)
        other = singles != self.singles["persons"][start:]

        def put(old: Integers, new: Integers) -> Integers:
            return np.concatenate([old[:start], np.where(other, new, old[start:])])

        fresh = {"persons": singles}
        for name, chance in subsets.items():
            some = np.floor(singles * chance + rng.random(self.shape)).astype(np.int64)
            fresh[name] = np.minimum(some, singles)
        drawn = self._drawn(rng, amounts, singles)
        return replace(
            self,
            singles={name: put(cells, fresh[name]) for name, cells in self.singles.items()},
            amounts={name: put(cells, drawn[name]) for name, cells in self.amounts.items()},
        )

    def followed_by(self, later: Register) -> Register:
        """Give the register with the base periods of another one after its own; its crossing persons are others."""
        periods = len(self.singles["persons"])

        def joined(
            one: Mapping[str, NDArray[Any]], two: Mapping[str, NDArray[Any]]
        ) -> dict[str, NDArray[Any]]:
            return {name: np.concatenate([one[name], two[name]]) for name in one}

        return Register(
            singles=joined(self.singles, later.singles),
            members=joined(self.members, later.members),
            amounts=joined(self.amounts, later.amounts),
            first=np.concatenate([self.first, later.first + periods]),
            last=np.concatenate([self.last, later.last + periods]),
            here=np.concatenate([self.here, later.here], axis=1),
            there=np.concatenate([self.there, later.there], axis=1),
        )

    def present(self, spans: Iterable[Span]) -> NDArray[np.bool_]:
        """Which of the persons who cross are there in any base period of each span."""
        start, stop = np.array(list(spans)).T
        there: NDArray[np.bool_] = (self.first < stop[:, None]) & (self.last >= start[:, None])
        return there

    def total(self, name: str, spans: Sequence[Span], nodes: Sequence[NDArray[np.bool_]]) -> Integers:
        """Add an amount up: an array of spans by the rows of each axis's `nodes`."""
        leaves = np.stack([self.amounts[name][start:stop].sum(axis=0) for start, stop in spans])
        return _expand(leaves, nodes)

    def persons(self, name: str, spans: Sequence[Span], nodes: Sequence[NDArray[np.bool_]]) -> Integers:
        """Count distinct persons: an array of spans by the rows of each axis's `nodes`."""
        leaves = np.stack([self.singles[name][start:stop].max(axis=0) for start, stop in spans])
        when, who = np.nonzero(self.present(spans) & self.members[name])
        here, there = self.here[:, who], self.there[:, who]
        for cell in (here, there):
            flat = np.ravel_multi_index((when, *cell), leaves.shape)
            leaves += np.bincount(flat, minlength=leaves.size).reshape(leaves.shape)
        counted = _expand(leaves, nodes)
        # Whoever has both cells inside a counted one was counted twice there.
        for levels in product(*[_disjoint(matrix) for matrix in nodes]):
            a = [level[leaf] for level, leaf in zip(levels, here, strict=True)]
            b = [level[leaf] for level, leaf in zip(levels, there, strict=True)]
            twice = np.logical_and.reduce([(i >= 0) & (i == j) for i, j in zip(a, b, strict=True)])
            flat = np.ravel_multi_index((when[twice], *[i[twice] for i in a]), counted.shape)
            counted -= np.bincount(flat, minlength=counted.size).reshape(counted.shape)
        return counted

    def persons_in(self, name: str, where: Mapping[int, NDArray[np.bool_]]) -> int:
        """Count the distinct persons of any set of cells, given as a mask of leaves for each base period."""
        most = np.zeros(self.shape, dtype=np.int64)
        met = np.zeros(len(self.first), dtype=bool)
        for period, mask in where.items():
            np.maximum(most, self.singles[name][period], out=most, where=mask)
            present = self.present([(period, period + 1)])[0]
            met |= present & (mask[tuple(self.here)] | mask[tuple(self.there)])
        return int(most.sum() + (met & self.members[name]).sum())


def _crossers(rng: np.random.Generator, typical: Floats, axis: int, wanted: int) -> Integers:
    """Draw pairs of cells that differ along one axis, both likely."""
    flat = np.searchsorted(np.cumsum(typical), rng.random(wanted) * typical.sum())
    here = np.stack(np.unravel_index(np.minimum(flat, typical.size - 1), typical.shape)).astype(np.int64)
    rows = np.moveaxis(typical, axis, -1)[tuple(np.delete(here, axis, axis=0))]
    rows[np.arange(wanted), here[axis]] = 0
    limits = np.cumsum(rows, axis=1)
    there = here.copy()
    there[axis] = (limits < (rng.random(wanted) * limits[:, -1])[:, None]).sum(axis=1)
    possible = limits[:, -1] > 0
    return np.stack([here[:, possible], there[:, possible]])


def _expand(leaves: Integers, nodes: Sequence[NDArray[np.bool_]]) -> Integers:
    """Sum leaves into nodes, axis by axis; the axis that shrinks most goes first."""
    cube = leaves.astype(np.float64)
    for axis in sorted(range(len(nodes)), key=lambda i: len(nodes[i]) / nodes[i].shape[1]):
        cube = np.moveaxis(np.tensordot(nodes[axis].astype(np.float64), cube, (1, axis + 1)), 0, axis + 1)
    return np.rint(cube).astype(np.int64)


def _disjoint(matrix: NDArray[np.bool_]) -> list[Integers]:
    """Part a matrix's rows into groups that do not overlap; for each group, the row of each leaf, or -1."""
    groups: list[Integers] = []
    for row, leaves in enumerate(matrix):
        for group in groups:
            if (group[leaves] < 0).all():
                group[leaves] = row
                break
        else:
            groups.append(np.where(leaves, row, -1))
    return groups
