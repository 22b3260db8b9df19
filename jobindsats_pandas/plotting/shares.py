"""What the picture of an audit shows: the share of hidden cells for each period and member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.danish import danish_number
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.guarded import MEASURE
from jobindsats_pandas.plotting.figures import all_cells, one_period_type
from jobindsats_pandas.plotting.time_axis import TimeAxis, time_axis
from jobindsats_pandas.plotting.wording import source, unknown_among

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from jobindsats_pandas.plotting.figures import Codes, Flags, Numbers, TableCells

__all__ = ["Shares", "count_shares"]

MOST_ROWS = 25

_UNSEEN = (CellStatus.DISCRETIONISED, CellStatus.ROUNDED, CellStatus.FILLED)


@dataclass(frozen=True, eq=False)
class Shares:
    """The share of hidden cells, with a row for each name and a column for each place in time.

    Attributes
    ----------
    title, subtitle : str
    names : tuple of str
    axis : TimeAxis
    share : float array
        NaN where there is no cell that could be hidden.
    pending : bool array
        Where all cells are yet to be published.
    foot : tuple of str
    """

    title: str
    subtitle: str
    names: tuple[str, ...]
    axis: TimeAxis
    share: Numbers
    pending: Flags
    foot: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Way:
    """A way to divide the cells: what it is called, the code of each cell, and the name of each code."""

    what: str
    codes: Codes
    names: Sequence[str]


def count_shares(df: pd.DataFrame, by: str | None) -> Shares:
    """Count the hidden cells of a frame; arguments as in `jobindsats_pandas.plotting.plot_audit`."""
    framed = Framed(df)
    cells, unknown = all_cells(framed)
    published = np.array([not measure.derived for measure in cells.space.measures])[cells.measure]
    cells = cells[published] if published.any() else cells
    axis = time_axis(cells.space, one_period_type(cells), cells.period)
    unseen = np.isin(cells.status, _UNSEEN)
    counted = ~np.isin(cells.status, (CellStatus.NOT_AVAILABLE, CellStatus.ABSENT))
    way = _way(framed, cells, by, unseen, counted)
    codes, rows = np.unique(way.codes, return_inverse=True)
    shape = (len(codes), len(axis.positions))
    place = rows * shape[1] + axis.columns[cells.period]
    of, dark, pending = (
        np.bincount(place, weights=flags, minlength=shape[0] * shape[1]).reshape(shape)
        for flags in (counted, unseen, cells.status == CellStatus.NOT_AVAILABLE)
    )
    order = np.arange(shape[0])
    foot = [_summary(cells, int(of.sum()))]
    if shape[0] > MOST_ROWS:
        order = np.argsort(-dark.sum(axis=1), kind="stable")
        order, gone = order[:MOST_ROWS], order[MOST_ROWS:]
        rest = int(dark[gone].sum())
        lost = unknown_among(way.names[code] for code in codes[sorted(gone)])
        foot.append(
            f"Vist er de {MOST_ROWS} med flest skjulte tal af {danish_number(shape[0])};"
            f" de øvrige{f', herunder {lost},' if lost else ''} har {danish_number(rest)} tilsammen."
        )
    if unknown:
        foot.append(f"{danish_number(unknown)} beregnede tal er ikke talt med.")
    share = np.divide(dark, of, out=np.full(shape, np.nan), where=of > 0)
    return Shares(
        title="Hvor tallene er skjult",
        subtitle=f"Pct. skjulte tal efter {way.what}",
        names=tuple(way.names[code] for code in codes[order]),
        axis=axis,
        share=share[order],
        pending=((pending > 0) & (of == 0))[order],
        foot=(*foot, *([axis.gaps] if axis.gaps else []), source(df, cells.space)),
    )


def _summary(cells: TableCells, of: int) -> str:
    hidden, rounded, filled = (int(np.count_nonzero(cells.status == status)) for status in _UNSEEN)
    text = f"{danish_number(hidden)} af {danish_number(of)} tal er diskretionerede ({danish_number(100 * hidden / max(of, 1), 1)} pct.)"
    text += f", {danish_number(rounded)} er afrundede" if rounded else ""
    text += f", {danish_number(filled)} er udfyldte" if filled else ""
    return f"{text}."


def _way(framed: Framed, cells: TableCells, by: str | None, unseen: Flags, counted: Flags) -> _Way:
    """What stands on the vertical axis; by default whatever the shares differ most by."""
    measures = _Way("mål", cells.measure, [measure.name for measure in cells.space.measures])
    ways = [
        _Way(dimension.name, codes, [member.name for member in dimension.members])
        for dimension, codes in zip(cells.space.dimensions, cells.members, strict=True)
    ]
    if by is not None:
        table = cells.space.table
        return measures if by == MEASURE else ways[framed.dimension(by, "by", table)[table].place]
    varying = [measures, *(ways[place] for place in cells.varying())]
    return max(varying, key=lambda way: _spread(way.codes, unseen, counted))


def _spread(codes: Codes, unseen: Flags, counted: Flags) -> float:
    """The variance of the share between groups, each weighing as many cells as it has."""
    of = np.bincount(codes, weights=counted)
    some = of > 0
    share = np.bincount(codes, weights=unseen)[some] / of[some]
    weight = of[some] / max(of.sum(), 1)
    return float((weight * (share - (weight * share).sum()) ** 2).sum())
