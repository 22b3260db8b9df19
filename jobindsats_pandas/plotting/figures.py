"""The numbers of cells as a picture shows them: what is hidden with the largest that it can stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from jobindsats_pandas.disclosure import (
    AddressSpace,
    Cells,
    CellStatus,
    DiscretionisedArray,
    adds_nothing,
    check_sums,
    sum_error,
)
from jobindsats_pandas.errors import InvalidSumError, ProvenanceError, QueryError
from jobindsats_pandas.guarded import joined

if TYPE_CHECKING:
    from jobindsats_pandas.disclosure import AddressMeasure
    from jobindsats_pandas.framed import Framed, MeasureCells

__all__ = [
    "Codes",
    "Flags",
    "Numbers",
    "TableCells",
    "all_cells",
    "cells_of_measure",
    "one_period_type",
    "refuse_what_does_not_add",
]

#: Why cells do not add, where a picture can show how much is unseen.
_UNSEEN = {"hidden", "rounded", "not_available"}

Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TableCells:
    """Cells of one table, taken apart.

    Attributes
    ----------
    space : AddressSpace
    values : float array
        NaN where nothing is shown; 0 for combinations left out.
    high : float array
        The largest number that a hidden or rounded cell can stand for; NaN for others, and where no rule tells.
    status : uint8 array
    measure, period : int array
        Indices into the space's.
    members : int array
        A row for each dimension.
    cells : Cells
        The same, as the rules on sums take them.
    """

    space: AddressSpace
    values: Numbers
    high: Numbers
    status: NDArray[np.uint8]
    measure: Codes
    period: Codes
    members: Codes
    cells: Cells

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, where: Any) -> TableCells:
        return TableCells(
            self.space,
            self.values[where],
            self.high[where],
            self.status[where],
            self.measure[where],
            self.period[where],
            self.members[:, where],
            self.cells[where],
        )

    def varying(self) -> list[int]:
        """The dimensions in which the cells differ."""
        return [place for place, codes in enumerate(self.members) if (codes != codes[0]).any()]


def all_cells(framed: Framed) -> tuple[TableCells, int]:
    """All cells of a frame of one table, and how many more there are of which the table's cell is not known."""
    _refuse_plain(framed)
    tables = _take_apart(joined([array.cells for array in framed.guarded.values()]))
    unknown = sum(_unknown(array.cells) for array in framed.guarded.values())
    if not tables:
        _refuse_nothing(framed)
    if len(tables) > 1:
        names = ", ".join(cells.space.table for cells in tables)
        raise QueryError(f"The frame holds cells of {len(tables)} tables ({names}); filter it to one.")
    return tables[0], unknown


def cells_of_measure(framed: Framed, name: str | None) -> tuple[TableCells, AddressMeasure, str]:
    """The cells of one measure, and what the frame calls it."""
    _refuse_plain(framed)
    found = [piece for piece in framed.by_measure(name) if piece.measure is not None]
    if not found:
        _refuse_nothing(framed, name)
    labels = [_label(framed, piece) for piece in found]
    if len(found) > 1:
        several = len({piece.table for piece in found}) > 1
        named = zip(labels, found, strict=True)
        listed = ", ".join(
            repr(label) + (f" (of {piece.table})" if several else "") for label, piece in named
        )
        raise QueryError(
            f"The frame holds {len(found)} measures, and a picture shows one; name it with measure=: {listed}."
            if name is None
            else f"measure={name!r} stands for {len(found)} measures here: {listed}. Name one, or filter the frame first."
        )
    columns = framed.guarded if name is None else framed.measure(name).columns
    if count := sum(_unknown(framed.guarded[place].cells) for place in columns):
        _refuse_unknown(labels[0], count)
    (cells,) = _take_apart(found[0].cells)
    return cells, cells.space.measures[int(cells.measure[0])], labels[0]


def _label(framed: Framed, piece: MeasureCells) -> str:
    """What the frame calls a measure: its column where it stands in just one, and alone there."""
    key = piece.table, piece.measure.id if piece.measure else ""
    columns = [place for place, of in framed.measures.items() if key in {(s.table, m.id) for s, m in of}]
    label = framed.frame.columns[columns[0]]
    alone = len(columns) == 1 and len(framed.measures[columns[0]]) == 1
    return label if alone and isinstance(label, str) else piece.name


def one_period_type(cells: TableCells) -> str:
    """The type of all periods."""
    types: list[str] = sorted({cells.space.periods[code][0] for code in np.unique(cells.period)})
    if len(types) > 1:
        raise QueryError(
            f"The frame holds periods of {len(types)} types ({', '.join(types)}), which do not stand on one axis;"
            " filter it to one."
        )
    return types[0]


def refuse_what_does_not_add(cells: TableCells, kind: str) -> None:
    """Refuse to put the cells of a period on top of each other, unless all that stands against it is that some are unseen."""
    _, once = np.unique(cells.cells.addresses, return_index=True)
    period = cells.period[once]
    for code in np.unique(period):
        check = check_sums(cells.cells[once[period == code]])
        if set(check.reasons_of()) - _UNSEEN:
            error = sum_error(check, f"plot(kind={kind!r})")
            instead = (
                "Instead:\n  df.jobindsats.plot(kind='line')  # the parts beside each other, not on top\n"
            )
            raise InvalidSumError(str(error).replace("Instead:\n", instead, 1), reasons=error.reasons)
    unbounded = np.isin(cells.status, (CellStatus.DISCRETIONISED, CellStatus.ROUNDED)) & np.isnan(cells.high)
    if unbounded.any():
        raise InvalidSumError(
            f"plot(kind={kind!r}): a stack needs to know how much its hidden parts can be, and no rule bounds {int(unbounded.sum()):,} hidden"
            " cells of this measure. Draw lines or bars: kind='line'.",
            reasons=("hidden",),
        )


def _refuse_plain(framed: Framed) -> None:
    if not framed.guarded:
        raise ProvenanceError(
            "The frame has no guarded column, so nothing is known of hidden cells. Draw what read_jobindsats() or"
            " read_parquet() returned; plain numbers are drawn by df.plot()."
        )


def _take_apart(cells: Cells) -> list[TableCells]:
    values = np.where(DiscretionisedArray.unchecked(cells).visible, cells.values, np.nan)
    values[cells.status == CellStatus.ABSENT] = 0
    high = _largest(values, cells)
    return [
        TableCells(
            found.space,
            values[found.where],
            high[found.where],
            cells.status[found.where],
            found.measure,
            found.period,
            np.array(found.members, dtype=np.int64).reshape(len(found.space.dimensions), len(found.where)),
            cells[found.where],
        )
        for found in cells.registry.decode(cells.addresses)
    ]


def _largest(values: Numbers, cells: Cells) -> Numbers:
    high = np.where(cells.status == CellStatus.ROUNDED, values, np.nan)
    hidden = np.flatnonzero(cells.status == CellStatus.DISCRETIONISED)
    if len(hidden):
        # Each cell as a sum of its own: what the rule says of it then stands in one place.
        bounds = check_sums(cells[hidden], np.arange(len(hidden)), len(hidden)).bounds()
        high[hidden] = np.where(np.isfinite(bounds.high), bounds.high, np.nan)
    return high


def _unknown(cells: Cells) -> int:
    """How many cells hold something, but have no place in any table."""
    unknown = ~adds_nothing(cells)
    for found in cells.registry.decode(cells.addresses):
        unknown[found.where] = False
    return int(np.count_nonzero(unknown))


def _refuse_nothing(framed: Framed, name: str | None = None) -> NoReturn:
    columns = framed.guarded if name is None else framed.measure(name).columns
    if count := sum(_unknown(framed.guarded[place].cells) for place in columns):
        _refuse_unknown(", ".join(str(framed.frame.columns[place]) for place in columns), count)
    raise QueryError("The frame has no cells, so there is nothing to draw.")


def _refuse_unknown(name: str, count: int) -> NoReturn:
    raise ProvenanceError(
        f"{name!r}: of {count} cells it is not known which cells of a table they are (a quotient, a mean, a sum over periods or of"
        " some members, numbers put in by hand), so they have no place in the picture. Draw the column that was read; what was computed is"
        " drawn by df.plot()."
    )
