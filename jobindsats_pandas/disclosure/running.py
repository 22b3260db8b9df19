"""What sums of single cells consist of, cell by cell: a look at each of them is mostly enough to see that they add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure.addresses import APART, NOTHING, Registry
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, concatenated
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Row", "RunningSum", "SumAtOnce", "cells_of", "rows_of"]

Row = tuple[float, int, int]
"""The number, the status and the address of a cell."""


class RunningSum:
    """What a sum of single cells consists of so far; grows in place, so that a long sum stays linear."""

    __slots__ = ("_seen", "_signature", "closed", "registry", "rows", "started")

    def __init__(
        self, registry: Registry, rows: list[Row], *, started: bool = False, closed: bool = False
    ) -> None:
        self.registry, self.rows, self.started, self.closed = registry, rows, started, closed
        self._seen = {address for _, _, address in rows}
        self._signature = _signature_of(registry, rows[0])

    @property
    def adds_at_sight(self) -> bool:
        """Whether a look at each cell is enough to see that they add."""
        first = self._signature
        return (
            first is not None
            and len(self._seen) == len(self.rows)
            and all(_signature_of(self.registry, row) == first for row in self.rows[1:])
        )

    def add(self, registry: Registry, rows: list[Row]) -> SumCheck | None:
        """Add one more cell, or those that another sum consists of; returns what stands against it, and adds none then."""
        if (
            registry is not self.registry
            or self._signature is None
            or any(row[2] in self._seen or _signature_of(registry, row) != self._signature for row in rows)
        ):
            together = concatenated([cells_of(self.rows, self.registry), cells_of(rows, registry)])
            check = check_sums(together)
            if not check.valid:
                return check
            addresses = together.addresses.tolist()
            every = [(*row[:2], address) for row, address in zip([*self.rows, *rows], addresses, strict=True)]
            self.registry, self.rows, rows = (
                together.registry,
                every[: len(self.rows)],
                every[len(self.rows) :],
            )
            self._seen = {address for _, _, address in self.rows}
            # Beside a sum that may have them in it, cells that are alike among themselves have to be looked at.
            alike = _signature_of(self.registry, self.rows[0]) if self._signature is not None else None
            if any(_signature_of(self.registry, row) != alike for row in rows):
                alike = None
            self._signature = alike
        self.rows += rows
        self._seen.update(address for _, _, address in rows)
        return None

    @property
    def is_nothing(self) -> bool:
        """Whether nothing has been added yet but what counts as 0."""
        return self._seen == {NOTHING}

    def upto(self, length: int) -> RunningSum:
        """Return this sum, or a copy of its beginning if others have added to it since."""
        if length == len(self.rows):
            return self
        begun = RunningSum(self.registry, self.rows[:length], started=self.started, closed=self.closed)
        begun._signature = self._signature
        return begun


class SumAtOnce:
    """The cells that a sum was made of at once, to be looked at one by one only where it is added to others."""

    closed, started, is_nothing = True, False, False

    def __init__(self, cells: Cells) -> None:
        self.registry, self._cells = cells.registry, cells

    @property
    def rows(self) -> list[Row]:
        """The cells, as a running sum has them."""
        return rows_of(self._cells)

    def upto(self, _length: int) -> SumAtOnce:
        """Return this sum; nobody adds to it."""
        return self


def rows_of(cells: Cells) -> list[Row]:
    """Cells, one by one."""
    return list(zip(cells.values.tolist(), cells.status.tolist(), cells.addresses.tolist(), strict=True))


def cells_of(rows: Sequence[Row], registry: Registry) -> Cells:
    """Single cells, together."""
    numbers, statuses, addresses = zip(*rows, strict=True)
    return Cells(
        np.array(numbers, np.float64), np.array(statuses, np.uint8), np.array(addresses, np.int64), registry
    )


def _signature_of(registry: Registry, row: Row) -> tuple[Any, ...] | None:
    """What cells must have in common to add, and the period with its type; None if the cell adds to nothing."""
    if row[1] not in (CellStatus.OBSERVED, CellStatus.DERIVED):
        return None
    located = registry.locate(row[2])
    if located is None:
        return None
    space, number = located
    rest, period = divmod(number, len(space.periods))
    levels = []
    for members in space.levels_of_members:
        rest, member = divmod(rest, len(members))
        levels.append(members[member])
    kind = space.measures[rest].kind
    if not kind.over_parts:
        return None
    period_type = space.types_of_periods[period]
    over_periods = kind.over_periods and period_type < len(APART) and not space.has_gaps
    return space.table, rest, levels, period_type if over_periods else -1 - period
