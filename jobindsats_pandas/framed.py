"""The cells of a frame, and what names mean there: one room for every method, picture, audit and file.

A dimension goes by its column, also a renamed one, by its id and name, by the id of a hierarchy, and by the name of a
level that no other dimension has; a measure by its column, its id, and its name with its group's or without. The cells
themselves say what they are, so this holds after ``rename``, ``pivot``, ``merge``, ``melt``, ``concat`` and Parquet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import adds_nothing
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.forms import BASE_URL
from jobindsats_pandas.guarded import decode_columns, guarded_columns, is_long, joined, spaces_of
from jobindsats_pandas.matching import find, find_measures, fold, no_such, several
from jobindsats_pandas.notices import needs_client
from jobindsats_pandas.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import (
        AddressDimension,
        AddressMeasure,
        AddressSpace,
        Cells,
        Decoded,
        DiscretionisedArray,
    )

    _Digits = tuple[NDArray[np.integer], list[str]] | None

__all__ = ["Axis", "Chosen", "Framed", "Key", "MeasureCells", "told_apart"]

#: What the period can be called, beside its column.
_PERIOD = {"period", "periode"}


class Axis(NamedTuple):
    """A dimension of one table: its place, and the hierarchy if one was named."""

    place: int
    hierarchy: str | None


class Chosen(NamedTuple):
    """What the name of a measure stands for: pairs of table and measure id, and the columns that were meant."""

    measures: set[tuple[str, str]]
    columns: set[int]


@dataclass(frozen=True, eq=False)
class MeasureCells:
    """The cells of one measure, wherever they stand in the frame; `measure` is None for cells of unknown origin."""

    name: str
    table: str
    measure: AddressMeasure | None
    cells: Cells
    rows: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Key:
    """What cells are grouped by: a code for each cell, and what the codes stand for; -1 stands for nothing."""

    name: str
    codes: NDArray[np.integer]
    labels: pd.Index


@dataclass(frozen=True, eq=False)
class Framed:
    """A frame with its guarded columns found and taken apart, each at most once."""

    frame: pd.DataFrame

    @cached_property
    def guarded(self) -> dict[int, DiscretionisedArray]:
        """The guarded columns by their position."""
        return guarded_columns(self.frame)

    @cached_property
    def decoded(self) -> dict[int, list[Decoded]]:
        """The cells of each guarded column, by table."""
        return dict(zip(self.guarded, decode_columns(self.guarded.values()), strict=True))

    @property
    def cells(self) -> Iterator[Decoded]:
        """All of them, whatever the column."""
        return (one for found in self.decoded.values() for one in found)

    @cached_property
    def provenance(self) -> Provenance | None:
        """What the attrs tell, as they are."""
        return Provenance.from_attrs(self.frame.attrs.get("jobindsats"))

    @cached_property
    def spaces(self) -> list[AddressSpace]:
        """The tables that the cells belong to.

        Raises
        ------
        ProvenanceError
            If no cell knows.
        """
        found = spaces_of(self.cells)
        if not found:
            again = self.provenance.call if self.provenance else ""
            url = self.provenance.url if self.provenance else ""
            if again and url != BASE_URL and needs_client(url):
                again = f"{again[:-1]}, client=client), with the ji.Client of {url}"
            raise ProvenanceError(
                "None of the frame's cells knows which table, period and members it belongs to: it is empty, or was"
                f" computed or built by hand. Read it again{f': {again}' if again else ' with ji.read_jobindsats(table, …)'}"
                f"{'' if again else ', or ji.read_parquet(path) of a file that was written before'}"
            )
        return list(found.values())

    @cached_property
    def is_long(self) -> bool:
        """Whether the measures are stacked: columns `measure` and `value`."""
        return is_long(self.frame)

    # --- dimensions --------------------------------------------------------------------------------------------------

    def dimension(self, name: Any, argument: str = "dimension", table: str | None = None) -> dict[str, Axis]:
        """Find a dimension in every table that has it, or in one: its place there, by the table's id.

        Raises
        ------
        QueryError
            If no table has it, or the name can be two of them.
        """
        arguments.label(argument, name)
        if name not in self._found:
            self._found[name] = self._find_dimension(name)
        found = self._found[name]
        if table is not None and table not in found:
            raise self._no_dimension(name, table)
        return found

    @cached_property
    def _found(self) -> dict[Hashable, dict[str, Axis]]:
        return {}

    def dimensions(self) -> dict[str, dict[str, Axis]]:
        """Every dimension of every table: where it stands in each, by its id."""
        every: dict[str, dict[str, Axis]] = {}
        for space in self.spaces:
            for place, dimension in enumerate(space.dimensions):
                every.setdefault(dimension.id, {})[space.table] = Axis(place, None)
        return every

    def _find_dimension(self, name: Any) -> dict[str, Axis]:
        spaces = {space.table: space for space in self.spaces}
        by_column = self.held_by_column(name)
        wanted = str(name)
        for table, axis in by_column.items():
            wanted = spaces[table].dimensions[axis.place].id
        if not by_column and self.provenance and wanted in self.provenance.dimensions:
            wanted = self.provenance.dimensions[wanted][0]
        found = {
            table: _axes(space, wanted, lambda d: [d.id], lambda d: [d.name])
            for table, space in spaces.items()
        }
        if not any(found.values()):
            found = {table: _axes_of_hierarchies(space, wanted) for table, space in spaces.items()}
        if not any(found.values()):
            # The columns bear a dimension's name; who asks by="Kommune" may know it by the level's.
            found = {table: _axes(space, wanted, _names_of_levels) for table, space in spaces.items()}
        for table, axes in found.items():
            if len(axes) > 1:
                options = [spaces[table].dimensions[axis.place] for axis in axes]
                raise several("The frame", "dimension", str(name), [(d.id, d.name) for d in options])
        if not any(found.values()):
            raise self._no_dimension(name)
        return {table: axes[0] for table, axes in found.items() if axes} | by_column

    def _no_dimension(self, name: Any, table: str | None = None) -> QueryError:
        spaces = [space for space in self.spaces if table in (None, space.table)]
        return no_such("The frame", "dimension", name, [_texts(d) for s in spaces for d in s.dimensions])

    def held_by_column(self, name: Any) -> dict[str, Axis]:
        """The dimension whose members a column, or a level of an index, names row by row; empty if it is not just one."""
        held: dict[str, list[int]] = {}
        for place, decoded in self.decoded.items():
            for one in decoded:
                if one.space.table in held:
                    continue
                labels = self._labels_beside(name, place)
                if labels is None:
                    return {}
                dimensions = zip(one.space.dimensions, one.members, strict=True)
                held[one.space.table] = [
                    number
                    for number, (dimension, members) in enumerate(dimensions)
                    if _names_members(labels, one, dimension, members)
                ]
        if any(len(places) > 1 for places in held.values()):
            return {}
        return {table: Axis(places[0], None) for table, places in held.items() if places}

    def _labels_beside(self, name: Any, place: int) -> pd.Categorical | None:
        """What stands beside the cells of a guarded column under a name, in rows or in the columns' labels."""
        values = self.labels(name)
        if values is None and name is not None and name in self.frame.columns.names:
            label = self.frame.columns.get_level_values(name)[place]
            return pd.Categorical([label] * len(self.frame))
        text = pd.CategoricalDtype, pd.StringDtype
        if values is None or not (isinstance(values.dtype, text) or values.dtype == object):
            return None
        return pd.Categorical(values)

    def labels(self, name: Any) -> Any:
        """The column of labels, or the level of the index, that bears a name; None if there is none, or more than one."""
        if name is not None and name in self.frame.index.names:
            return self.frame.index.get_level_values(name)
        places = [place for place, label in enumerate(self.frame.columns) if _same(label, name)]
        if len(places) != 1 or places[0] in self.guarded:
            return None
        return self.frame.iloc[:, places[0]]

    def columns(self, argument: str, names: Sequence[str] | str | None) -> list[Any]:
        """The columns that names stand for: their own, or those that hold the labels of a dimension.

        Raises
        ------
        QueryError
            If there is no such column, nor a dimension whose labels stand in one.
        """
        return [self._column(argument, name) for name in arguments.labels(argument, names)]

    def _column(self, argument: str, name: Any) -> Any:
        labels = list(self.frame.columns)
        if any(_same(label, name) for label in labels):
            return name
        if not any(self.decoded.values()):
            raise no_such("The frame", "column", name, [(str(label),) for label in labels])
        wanted = self.dimension(name, argument).items()
        for label in labels:
            if {(t, a.place) for t, a in self.held_by_column(label).items()} & {
                (t, a.place) for t, a in wanted
            }:
                return label
        raise QueryError(
            f"{argument}={name!r}: no column of the frame holds the members of this dimension. It has the columns"
            f" {', '.join(map(repr, labels))}; what is in the index comes back with df.reset_index()."
        )

    # --- measures ----------------------------------------------------------------------------------------------------

    @cached_property
    def measures(self) -> dict[int, list[tuple[AddressSpace, AddressMeasure]]]:
        """The measures of each guarded column."""
        return {place: array.registry.measures(array.addresses) for place, array in self.guarded.items()}

    def measure(self, name: Any) -> Chosen:
        """Find a measure by column, id, or name, with its group's or without.

        Raises
        ------
        QueryError
            If the frame has none of that name, or several of one table.
        """
        arguments.label("measure", name)
        columns = {place for place in self.guarded if _same(self.frame.columns[place], name)}
        if columns:
            return Chosen({(s.table, m.id) for place in columns for s, m in self.measures[place]}, columns)
        held = list({(s.table, m.id): (s, m) for found in self.measures.values() for s, m in found}.values())
        found = find_measures(str(name), held, lambda pair: (pair[1].id, pair[1].name))
        if not found:
            raise no_such("The frame", "measure", name, self._measure_texts())
        if len({space.table for space, _ in found}) < len(found):
            raise several("The frame", "measure", str(name), [(m.id, m.name) for _, m in found])
        chosen = {(space.table, measure.id) for space, measure in found}
        places = {p for p, of in self.measures.items() if chosen & {(s.table, m.id) for s, m in of}}
        return Chosen(chosen, places)

    def _measure_texts(self) -> list[tuple[str, ...]]:
        """What each measure goes by: a column where it stands alone, its name and its id."""
        texts: dict[tuple[str, str], tuple[str, ...]] = {}
        for place, of in self.measures.items():
            for space, measure in of:
                label = (str(self.frame.columns[place]),) if len(of) == 1 else ()
                texts.setdefault((space.table, measure.id), (*label, measure.name, measure.id))
        return list(texts.values()) or [(str(self.frame.columns[place]),) for place in self.guarded]

    def by_measure(self, measure: Any = None) -> list[MeasureCells]:
        """Sort the cells by measure, in the order in which the measures first come; or take those of one name."""
        chosen = None if measure is None else self.measure(measure)
        pieces: dict[Hashable, list[MeasureCells]] = {}
        for place in self.guarded if chosen is None else sorted(chosen.columns):
            whole = chosen is None or _same(self.frame.columns[place], measure)
            for key, piece in self._pieces(place):
                if whole or (chosen is not None and key in chosen.measures):
                    pieces.setdefault(key, []).append(piece)
        return [
            MeasureCells(
                found[0].name,
                found[0].table,
                found[0].measure,
                joined([piece.cells for piece in found]),
                np.concatenate([piece.rows for piece in found]),
            )
            for found in pieces.values()
        ]

    def _pieces(self, place: int) -> Iterator[tuple[Hashable, MeasureCells]]:
        array, label, found = self.guarded[place], str(self.frame.columns[place]), self.measures[place]
        cells, rows = array.cells, np.arange(len(array))
        nowhere = array.addresses < 0
        if len(found) <= 1:
            table, measure = (found[0][0].table, found[0][1]) if found else ("", None)
            if nowhere.any():
                # What pandas made where nothing was, by concat, merge or unstack, is no cell.
                rows = rows[~(nowhere & adds_nothing(cells))]
                cells = cells[rows]
            yield (
                (table, measure.id if measure else label),
                MeasureCells(measure.name if measure else label, table, measure, cells, rows),
            )
            return
        special = np.flatnonzero(nowhere & ~adds_nothing(cells))
        if len(special):
            yield ("", label), MeasureCells(label, "", None, cells[special], rows[special])
        for one in self.decoded[place]:
            for code in np.unique(one.measure):
                where, measure = one.where[one.measure == code], one.space.measures[code]
                key = (one.space.table, measure.id)
                yield key, MeasureCells(measure.name, one.space.table, measure, cells[where], rows[where])

    # --- grouping ----------------------------------------------------------------------------------------------------

    def key(self, piece: MeasureCells, name: str) -> Key:
        """Group by a column, a level of the index, or else by the period or a dimension, as the cells know them."""
        values = self.labels(name)
        if values is None:
            called = self.provenance.period_column if self.provenance else "period"
            if fold(str(name)) in _PERIOD | {fold(called)}:
                return self.period_key(piece, name)
            return self.member_key(piece, name, self.dimension(name, "by"))
        if isinstance(values.dtype, pd.CategoricalDtype):
            categorical = pd.Categorical(values)
            labels = pd.CategoricalIndex(categorical.categories, dtype=values.dtype)
            return Key(name, categorical.codes[piece.rows], labels)
        try:
            codes, uniques = pd.factorize(values, sort=True)
        except (
            TypeError,
            ValueError,
        ):  # periods of several types have no order; older versions of pandas raise the latter
            codes, uniques = pd.factorize(values)
        return Key(name, codes[piece.rows], pd.Index(uniques, dtype=uniques.dtype))

    def period_key(self, piece: MeasureCells, name: str) -> Key:
        """Group by the period."""
        return _key(piece, name, lambda one: (one.period, [period for _, period in one.space.periods]))

    def member_key(self, piece: MeasureCells, name: str, axes: dict[str, Axis]) -> Key:
        """Group by the members of a dimension; cells of a table without it are of none."""

        def members(one: Decoded, place: int) -> _Digits:
            return one.members[place], [member.name for member in one.space.dimensions[place].members]

        return _key(piece, name, _along(axes, members))

    def level_key(self, piece: MeasureCells, name: str, axes: dict[str, Axis]) -> Key:
        """Group by the levels that the members of a dimension are of; the total is a level of its own."""

        def levels(one: Decoded, place: int) -> _Digits:
            dimension = one.space.dimensions[place]
            names = ["total", *(known.name for known in dimension.levels[1:])]
            return dimension.level_of[one.members[place]], names

        return _key(piece, name, _along(axes, levels))


def _along(
    axes: dict[str, Axis], digits_of: Callable[[Decoded, int], _Digits]
) -> Callable[[Decoded], _Digits]:
    """Digits of the dimension; None for cells of a table without it."""
    return lambda one: digits_of(one, axes[one.space.table].place) if one.space.table in axes else None


def _key(piece: MeasureCells, name: str, digits_of: Callable[[Decoded], _Digits]) -> Key:
    codes = np.full(len(piece.cells), -1)
    names: list[str] = []
    for one in piece.cells.registry.decode(piece.cells.addresses):
        if (found := digits_of(one)) is not None:
            codes[one.where] = found[0] + len(names)
            names += found[1]
    merged, uniques = pd.factorize(np.array(names, dtype=object))
    return Key(name, np.append(merged, -1)[codes], pd.Index(uniques, dtype="str"))


def told_apart(names: Sequence[str], marks: Iterable[object]) -> list[str]:
    """Names as labels: those that several bear with a mark behind them."""
    return [
        name if names.count(name) == 1 else f"{name} [{mark}]"
        for name, mark in zip(names, marks, strict=True)
    ]


def _same(label: Any, name: Any) -> bool:
    """Whether a column's label is a name, as a mapping would find it: what has no truth, such as ``pd.NA``, does no harm."""
    return label in {name}  # noqa: FURB171 - `==` alone has no truth for pd.NA


def _names_members(
    labels: pd.Categorical, cells: Decoded, dimension: AddressDimension, members: NDArray[np.int64]
) -> bool:
    """Whether the labels beside some cells are the names of their members, and say something: not all are missing."""
    codes = labels.codes[cells.where].astype(np.int64)
    shown = codes >= 0
    if not shown.any():
        return False
    pairs = np.unique(codes[shown] * len(dimension.members) + members[shown])
    return all(
        str(labels.categories[pair // len(dimension.members)])
        == dimension.members[pair % len(dimension.members)].name
        for pair in pairs.tolist()
    )


def _axes(space: AddressSpace, name: str, *tiers: Callable[[AddressDimension], Iterable[str]]) -> list[Axis]:
    """Where a name stands among the hierarchies of a table, and else among some texts of its dimensions."""
    levels = [(place, level) for place, d in enumerate(space.dimensions) for level in d.levels[1:]]
    by_hierarchy = find(name, levels, lambda pair: [pair[1].hierarchy])
    if by_hierarchy:
        return [Axis(by_hierarchy[0][0], by_hierarchy[0][1].hierarchy)]
    found = find(name, space.dimensions, *tiers)
    return [
        Axis(place, None) for place, one in enumerate(space.dimensions) if any(one is hit for hit in found)
    ]


def _axes_of_hierarchies(space: AddressSpace, name: str) -> list[Axis]:
    """Where a name stands among those of the hierarchies of a table."""
    named = [
        (Axis(place, hierarchy), text)
        for place, dimension in enumerate(space.dimensions)
        for hierarchy, text in dimension.hierarchies
    ]
    return [axis for axis, _ in find(name, named, lambda pair: [pair[1]])]


def _names_of_levels(dimension: AddressDimension) -> list[str]:
    return [level.name for level in dimension.levels[1:]]


def _texts(dimension: AddressDimension) -> list[str]:
    names = dict(dimension.hierarchies).values()
    return [dimension.name, dimension.id, *(level.hierarchy for level in dimension.levels[1:]), *names]
