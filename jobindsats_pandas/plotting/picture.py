"""What a picture of one measure shows: settled by the cells alone, before anything is drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.danish import danish_number
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.plotting.figures import cells_of_measure, one_period_type
from jobindsats_pandas.plotting.time_axis import TimeAxis, period_name, time_axis
from jobindsats_pandas.plotting.wording import source, unit, unknown_among

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import AddressMember, AddressSpace
    from jobindsats_pandas.plotting.figures import Codes, Flags, Numbers, TableCells

__all__ = ["NO_CELL", "Picture", "compose"]

NO_CELL = 255
"""Stands for a status where the frame has no row."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Everything a picture shows; the arrays have a row for each series and a column for each place in time.

    Attributes
    ----------
    title, subtitle, unit, source : str
    names : tuple of str
        Of the series.
    axis : TimeAxis
    values, high : float array
        As in `TableCells`.
    status : uint8 array
        Of `CellStatus`, or `NO_CELL`.
    periods : tuple of str
        Those that the frame has.
    notes : tuple of str
        What was left out of the picture.
    """

    title: str
    subtitle: str
    unit: str
    names: tuple[str, ...]
    axis: TimeAxis
    values: Numbers
    high: Numbers
    status: NDArray[np.uint8]
    periods: tuple[str, ...]
    notes: tuple[str, ...]
    source: str

    @property
    def seen(self) -> Numbers:
        """The numbers that are drawn as such; NaN elsewhere."""
        return np.where(self.status == CellStatus.ROUNDED, np.nan, self.values)

    @property
    def hidden(self) -> Flags:
        """What is drawn as a band or a mark."""
        hidden: Flags = np.isin(self.status, (CellStatus.DISCRETIONISED, CellStatus.ROUNDED))
        return hidden

    def largest(self, most: int) -> Picture:
        """The picture with at most so many series, and a note on the others."""
        if len(self.names) <= most:
            return self
        shown = np.isfinite(self.values)
        mean = np.where(shown, self.values, 0).sum(axis=1) / np.maximum(shown.sum(axis=1), 1)
        order = np.argsort(-mean, kind="stable")
        kept, gone = order[:most], order[most:]
        lost = unknown_among(self.names[place] for place in sorted(gone))
        note = (
            f"Vist er de {most} største af {danish_number(len(self.names))} (gennemsnit af de synlige tal);"
            f" {danish_number(len(gone))}{f', herunder {lost},' if lost else ''} er ikke vist"
        )
        if unseen := int(np.count_nonzero(self.hidden[gone].any(axis=1))):
            note += f" ({danish_number(unseen)} af dem har skjulte tal)"
        return replace(
            self,
            names=tuple(self.names[place] for place in kept),
            values=self.values[kept],
            high=self.high[kept],
            status=self.status[kept],
            notes=(f"{note}.", *self.notes),
        )

    def foot(self, *, from_zero: bool) -> list[str]:
        """What stands below the picture: what is not in it, and the source."""
        notes = list(self.notes)
        pending = self.status == CellStatus.NOT_AVAILABLE
        if count := int(np.count_nonzero(pending)):
            where = np.flatnonzero(pending.any(axis=0))
            span = self.axis.names[where[0]]
            if len(where) > 1:
                span += f" til {self.axis.names[where[-1]]}"
            if len(where) < where[-1] - where[0] + 1:
                span += f", {danish_number(len(where))} perioder"
            notes.append(f"Ikke offentliggjort endnu: {danish_number(count)} tal ({span}).")
        columns = [self.axis.ids.index(period) for period in self.periods]
        if count := int(np.count_nonzero(self.status[:, columns] == NO_CELL)):
            notes.append(f"Ikke i data, og ikke tegnet: {danish_number(count)} kombinationer.")
        if self.axis.gaps:
            notes.append(self.axis.gaps)
        if not from_zero:
            notes.append("Aksen begynder ikke ved 0.")
        return [*notes, self.source]


def compose(df: pd.DataFrame, measure: str | None, by: Sequence[str] | None, *, totals: bool) -> Picture:
    """Settle what the picture of one measure shows; arguments as in `jobindsats_pandas.plotting.plot`."""
    framed = Framed(df)
    cells, chosen, label = cells_of_measure(framed, measure)
    period_type = one_period_type(cells)
    table = cells.space.table
    named = None if by is None else [(name, framed.dimension(name, "by", table)[table].place) for name in by]
    cells, places = _settle(cells, named)
    left_out = ""
    if not totals:
        cells, left_out = _without_totals(cells, places)
    keys, rows = _series(cells, places)
    axis = time_axis(cells.space, period_type, cells.period)
    columns = axis.columns[cells.period]
    values, high = np.full((2, len(keys), len(axis.positions)), np.nan)
    status = np.full(values.shape, NO_CELL, dtype=np.uint8)
    values[rows, columns], high[rows, columns], status[rows, columns] = cells.values, cells.high, cells.status
    if not (
        np.array_equal(values[rows, columns], cells.values, equal_nan=True)
        and np.array_equal(status[rows, columns], cells.status)
    ):
        raise QueryError(
            f"{label!r}: the frame holds two different numbers for one cell, and a picture has room for one;"
            " filter it first, or name the column with measure=."
        )
    present = {cells.space.periods[code][1] for code in np.unique(cells.period)}
    periods = tuple(period for period in axis.ids if period in present)
    # One series has no legend that would name it.
    fixed = _fixed_members(cells, places if len(keys) > 1 else []) + (
        [period_name(periods[0])] if len(periods) == 1 else []
    )
    return Picture(
        title=label if chosen.derived else chosen.name,
        subtitle=", ".join(fixed),
        unit=unit(chosen),
        names=_series_names(cells.space, places, keys),
        axis=axis,
        values=values,
        high=high,
        status=status,
        periods=periods,
        notes=(left_out,) if left_out else (),
        source=source(df, cells.space),
    )


def _settle(cells: TableCells, named: Sequence[tuple[str, int]] | None) -> tuple[TableCells, list[int]]:
    """The dimensions to tell apart; of the others, the rows at the total."""
    if named is None:
        return cells, cells.varying()
    by, places = [name for name, _ in named], [place for _, place in named]
    for place in cells.varying():
        if place in places:
            continue
        at_total = cells.members[place] == 0
        if not at_total.any():
            name = cells.space.dimensions[place].name
            raise QueryError(
                f"by={by!r}: the cells also differ by {name!r}, whose total is not in the frame. Filter it to one"
                f" member, or draw by={[*by, name]!r}."
            )
        cells = cells[at_total]
    return cells, places


def _without_totals(cells: TableCells, places: list[int]) -> tuple[TableCells, str]:
    """The cells without members that stand above others in the frame, and a note that names them."""
    keep = np.ones(len(cells), dtype=bool)
    names = []
    for place in places:
        members = cells.space.dimensions[place].members
        present = set(np.unique(cells.members[place]).tolist())
        above = sorted(present & {code for member in present for code in _above(members, member)})
        keep &= ~np.isin(cells.members[place], above)
        names += [members[code].name for code in above]
    if not names or not keep.any():
        return cells, ""
    listed = ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} og {len(names) - 2} andre"
    return cells[keep], f"Uden {'total' if len(names) == 1 else 'totaler'}: {listed}."


def _above(members: Sequence[AddressMember], code: int) -> Iterator[int]:
    while code:
        code = members[code].parent
        yield code


def _series(cells: TableCells, places: list[int]) -> tuple[list[tuple[int, ...]], Codes]:
    """The members of each series, one per place, in the order of the metadata; and the series of each cell."""
    number = np.zeros(len(cells), dtype=np.int64)
    for place in places:
        number = number * len(cells.space.dimensions[place].members) + cells.members[place]
    _, first, rows = np.unique(number, return_index=True, return_inverse=True)
    return [tuple(cells.members[places, where].tolist()) for where in first], rows


def _series_names(space: AddressSpace, places: list[int], keys: list[tuple[int, ...]]) -> tuple[str, ...]:
    members = [
        [
            (space.dimensions[place], space.dimensions[place].members[code])
            for place, code in zip(places, key, strict=True)
        ]
        for key in keys
    ]
    short = [", ".join(member.name for _, member in key) for key in members]
    often = Counter(short)
    # One name in two hierarchies: the level tells them apart.
    return tuple(
        name
        if often[name] == 1
        else ", ".join(f"{member.name} [{dimension.levels[member.level].name}]" for dimension, member in key)
        for name, key in zip(short, members, strict=True)
    )


def _fixed_members(cells: TableCells, places: list[int]) -> list[str]:
    """The members that all cells share: the area's even if it is the total, others where they were chosen."""
    fixed = []
    for place, dimension in enumerate(cells.space.dimensions):
        if place not in places:
            member = dimension.members[int(cells.members[place][0])]
            if member.path != "/" or (place == 0 and member.published):
                fixed.append(member.name)
    return fixed
