"""What a picture of one measure shows: settled by the cells alone, before anything is drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.area_codes import code_of_member
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.plotting.figures import (
    cells_of_measure,
    one_period_type,
    refuse_what_does_not_add,
)
from jobindsats_pandas.plotting.time_axis import TimeAxis, time_axis
from jobindsats_pandas.plotting.wording import source, unit, unknown_among
from jobindsats_pandas.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import AddressMember, AddressSpace
    from jobindsats_pandas.plotting.figures import Codes, Flags, Numbers, TableCells
    from jobindsats_pandas.plotting.language import Language

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
    language : Language
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
    language: Language

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
        order = self.by_size
        kept, gone = order[:most], order[most:]
        unseen = int(np.count_nonzero(self.hidden[gone].any(axis=1)))
        note = self.language.say(
            "Vist er de {most} største af {count} (gennemsnit af de synlige tal); {gone}{lost} er ikke vist{unseen}.",
            most=most,
            count=len(self.names),
            gone=len(gone),
            lost=unknown_among((self.names[place] for place in sorted(gone)), self.language),
            unseen=self.language.say(" ({count} af dem har skjulte tal)", count=unseen) if unseen else "",
        )
        return self.only(kept).noting(note)

    @property
    def by_size(self) -> Codes:
        """The series from the largest to the smallest, by the mean of their visible numbers."""
        shown = np.isfinite(self.values)
        mean = np.where(shown, self.values, 0).sum(axis=1) / np.maximum(shown.sum(axis=1), 1)
        order: Codes = np.argsort(-mean, kind="stable")
        return order

    def by_name(self, most: int) -> list[str]:
        """The names as they are drawn: in the order of the metadata, or the largest first where not all are."""
        return list(self.names) if len(self.names) <= most else [self.names[place] for place in self.by_size]

    def only(self, kept: Iterable[int]) -> Picture:
        """The picture with these series alone, in this order."""
        places = list(kept)
        return replace(
            self,
            names=tuple(self.names[place] for place in places),
            values=self.values[places],
            high=self.high[places],
            status=self.status[places],
        )

    def noting(self, *notes: str) -> Picture:
        """The picture with more notes before the others."""
        return replace(self, notes=(*notes, *self.notes))

    def during(self, *periods: str) -> Picture:
        """The picture with some of its periods alone."""
        columns = [self.axis.ids.index(period) for period in periods]
        status = np.full_like(self.status, NO_CELL)
        status[:, columns] = self.status[:, columns]
        seen = status != NO_CELL
        return replace(
            self,
            values=np.where(seen, self.values, np.nan),
            high=np.where(seen, self.high, np.nan),
            status=status,
            periods=periods,
        )

    def foot(self, *, from_zero: bool) -> list[str]:
        """What stands below the picture: what is not in it, and the source."""
        notes, say = list(self.notes), self.language.say
        pending = self.status == CellStatus.NOT_AVAILABLE
        if count := int(np.count_nonzero(pending)):
            where = np.flatnonzero(pending.any(axis=0))
            span = first = self.axis.names[where[0]]
            if len(where) > 1:
                span = say("{first} til {last}", first=first, last=self.axis.names[where[-1]])
            if len(where) < where[-1] - where[0] + 1:
                span = say("{span}, {count} perioder", span=span, count=len(where))
            notes.append(say("Ikke offentliggjort endnu: {count} tal ({span}).", count=count, span=span))
        columns = [self.axis.ids.index(period) for period in self.periods]
        if count := int(np.count_nonzero(self.status[:, columns] == NO_CELL)):
            notes.append(say("Ikke i data, og ikke tegnet: {count} kombinationer.", count=count))
        if self.axis.gaps and len(self.periods) > 1:
            notes.append(self.axis.gaps)
        if not from_zero:
            notes.append(say("Aksen begynder ikke ved 0."))
        return [*notes, self.source]


def compose(
    df: pd.DataFrame,
    measure: str | None,
    by: Sequence[str] | None,
    language: Language,
    *,
    totals: bool | None = None,
    adding: str = "",
    areas: bool = False,
) -> Picture:
    """Settle what the picture of one measure shows; arguments as in `jobindsats_pandas.plotting.plot`.

    Parameters
    ----------
    adding : str
        The kind of picture that puts the cells of a period on top of each other, so that they have to add.
    areas : bool
        Whether the members to tell apart are those of the areas.

    Raises
    ------
    InvalidSumError
        If they do not add, for another reason than that some are hidden or not published yet.
    """
    framed = Framed(df)
    cells, chosen, label = cells_of_measure(framed, measure)
    period_type = one_period_type(cells)
    table = cells.space.table
    named = None if by is None else [(name, framed.dimension(name, "by", table)[table].place) for name in by]
    if areas:
        named = [_area(cells)]
    cells, places = _settle(cells, named)
    left_out = ""
    if not totals:
        named_by_question = (
            _asked_by_name(df, cells.space) if totals is None and not (adding or areas) else set()
        )
        cells, left_out = _without_totals(cells, places, language, named_by_question)
    if adding:
        refuse_what_does_not_add(cells, adding)
    keys, rows = _series(cells, places)
    axis = time_axis(cells.space, period_type, cells.period, language)
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
        [language.period(periods[0])] if len(periods) == 1 else []
    )
    return Picture(
        title=label if chosen.derived else chosen.name,
        subtitle=", ".join(fixed),
        unit=language.word(unit(chosen)),
        names=_series_names(cells.space, places, keys),
        axis=axis,
        values=values,
        high=high,
        status=status,
        periods=periods,
        notes=(left_out,) if left_out else (),
        source=source(df, cells.space, language),
        language=language,
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


def _area(cells: TableCells) -> tuple[str, int]:
    """The dimension whose members are areas: that with most municipalities and regions."""
    found = {
        place: sum(
            bool(code_of_member(dimension.members[code].name)) for code in np.unique(cells.members[place])
        )
        for place, dimension in enumerate(cells.space.dimensions)
    }
    place = max(found, key=lambda place: found[place], default=-1)
    if place < 0 or not found[place]:
        table, line = cells.space.table, f"ji.read_jobindsats({cells.space.table!r}, by='Kommune')"
        raise QueryError(
            f"A map shows municipalities or regions, and the frame of {table} holds none. Read them: {line}."
        )
    return cells.space.dimensions[place].name, place


def _asked_by_name(df: pd.DataFrame, space: AddressSpace) -> set[tuple[str, str]]:
    """The members that the frame's question named: hierarchy and path, and of a dimension's total the dimension."""
    known = Provenance.from_attrs(df.attrs.get("jobindsats"))
    if known is None or known.table != space.table:
        return set()
    dimension_of = {hierarchy: dimension for dimension, hierarchy in known.dimensions.values()}
    return {
        (dimension_of.get(name, name) if path == "/" else name, path)
        for name, given in known.by.items()
        if isinstance(given, list | tuple)
        for path in given
    }


def _without_totals(
    cells: TableCells, places: list[int], language: Language, asked: set[tuple[str, str]]
) -> tuple[TableCells, str]:
    """The cells without members that stand above others in the frame, unless asked for; and a note that names them."""
    keep = np.ones(len(cells), dtype=bool)
    names = []
    for place in places:
        dimension = cells.space.dimensions[place]
        members = dimension.members
        present = set(np.unique(cells.members[place]).tolist())
        above = sorted(
            code
            for code in present & {code for member in present for code in _above(members, member)}
            if (dimension.levels[members[code].level].hierarchy, members[code].path) not in asked
            and (dimension.id, members[code].path) not in asked
        )
        keep &= ~np.isin(cells.members[place], above)
        names += [members[code].name for code in above]
    if not names or not keep.any():
        return cells, ""
    listed = ", ".join(names)
    if len(names) > 3:
        listed = language.say("{names} og {count} andre", names=", ".join(names[:2]), count=len(names) - 2)
    if len(names) == 1:
        return cells[keep], language.say("Uden total: {names}.", names=listed)
    return cells[keep], language.say("Uden totaler: {names}.", names=listed)


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
