"""Tables written by hand: recorded answers, hostile metadata, odd rows."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jobindsats_pandas.sandbox.query import Selection, TableIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["FixedTable"]


class FixedTable:
    """A table whose answers are cut out of given rows.

    Its metadata are its own: ``levels=`` of the sandbox changes nothing in them. In its answers the sandbox's rule
    holds for each hierarchy: where the metadata list ``/`` in a level of its own, ``level:`` brings that level's
    values alone; where they list it elsewhere, or `totals` names it, the total's row comes too.

    Parameters
    ----------
    metadata : dict, list or bytes
        What ``/table/{id}`` answers; bytes are sent as they stand.
    columns : sequence of str, optional
        The head of `rows`: the period, the names of dimensions, all measures in the metadata's order. By default
        the period, every dimension and every measure of the metadata. A dimension without a column stands at its
        total.
    rows : sequence of sequences, or callable
        Every row the table can answer, members by name; where one hierarchy bears a name several times, rows of
        the same names are taken in the order of its metadata. Or a function from the request's parameters to the body: bytes are sent
        as they stand, anything else as JSON.
    totals : mapping of str to str, optional
        By hierarchy id, the name of a total that the metadata do not list.

    Examples
    --------
    >>> from jobindsats_pandas import sandbox
    >>> FixedTable({"table_id": "x01"}, rows=lambda asked: {"columns": [], "rows": []}).rows({})
    {'columns': [], 'rows': []}
    """

    def __init__(
        self,
        metadata: Any,
        columns: Sequence[str] | None = None,
        rows: Sequence[Sequence[Any]] | Callable[[dict[str, str]], Any] = (),
        totals: Mapping[str, str] | None = None,
    ) -> None:
        self.metadata = metadata
        self.columns = columns
        self.rows = rows
        self.totals = totals

    @cached_property
    def index(self) -> TableIndex:
        """The metadata, indexed for questions."""
        return TableIndex(self.metadata, self.totals)

    def answer(self, selection: Selection) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Give the columns and rows for a question."""
        if callable(self.rows):
            raise TypeError("This table answers by a function.")
        index = self.index
        columns = list(self.columns or ["Periode", *index.dimensions, *index.columns])
        place = {axis: columns.index(name) for axis, name in enumerate(index.dimensions) if name in columns}
        measures = [len(place) + 1 + position for position in selection.measures]
        periods = {index.periods[selection.period_type][position] for position in selection.periods}
        seen: Counter[tuple[Any, ...]] = Counter()
        kept: list[tuple[Any, ...]] = []
        for row in self.rows:
            key = tuple(row[: len(place) + 1])
            turn = seen[key]
            seen[key] += 1
            if row[0] in periods and all(
                self._asked(selection, axis, row[at], turn) for axis, at in place.items()
            ):
                shown = [place[axis] for axis in sorted(selection.members) if axis in place]
                kept.append(tuple(row[at] for at in [0, *shown, *measures]))
        head = [0, *[place[axis] for axis in sorted(selection.members) if axis in place], *measures]
        return [columns[at] for at in head], kept

    def _asked(self, selection: Selection, axis: int, name: str, turn: int) -> bool:
        """Whether a row's member of one dimension was asked for; `turn` counts earlier rows of the same names."""
        asked = selection.members.get(axis)
        if asked is None:
            known = self.index.hierarchies.values()
            return name in [hierarchy.total for hierarchy in known if hierarchy.dimension == axis]
        places = self.index.hierarchies[asked.hierarchy].named.get(name)
        return places is not None and places[min(turn, len(places) - 1)] in asked.positions
