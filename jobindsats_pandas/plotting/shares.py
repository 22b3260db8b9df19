"""What the picture of an audit shows: the share of hidden cells for each period and member."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.guarded import MEASURE
from jobindsats_pandas.plotting.figures import all_cells, one_period_type
from jobindsats_pandas.plotting.time_axis import TimeAxis, time_axis
from jobindsats_pandas.plotting.wording import source, unknown_among

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from jobindsats_pandas.plotting.figures import Codes, Flags, Numbers, TableCells
    from jobindsats_pandas.plotting.language import Language

__all__ = ["MOST_ROWS", "Shares", "count_shares"]

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
    language : Language
    """

    title: str
    subtitle: str
    names: tuple[str, ...]
    axis: TimeAxis
    share: Numbers
    pending: Flags
    foot: tuple[str, ...]
    language: Language

    @property
    def empty(self) -> bool:
        """Whether there is nothing of which a picture could show where it is."""
        return not (np.nan_to_num(self.share).any() or self.pending.any())


@dataclass(frozen=True, eq=False)
class _Way:
    """A way to divide the cells: what it is called, the code of each cell, and the name of each code."""

    what: str
    codes: Codes
    names: Sequence[str]


def count_shares(
    df: pd.DataFrame, by: str | None, language: Language, room: Callable[[list[str]], int]
) -> Shares:
    """Count the hidden cells of a frame; arguments as in `jobindsats_pandas.plotting.plot_audit`.

    `room` tells for how many of some names there is room.
    """
    framed = Framed(df)
    cells, unknown = all_cells(framed)
    published = np.array([not measure.derived for measure in cells.space.measures])[cells.measure]
    cells = cells[published] if published.any() else cells
    axis = time_axis(cells.space, one_period_type(cells), cells.period, language)
    unseen = np.isin(cells.status, _UNSEEN)
    counted = ~np.isin(cells.status, (CellStatus.NOT_AVAILABLE, CellStatus.ABSENT))
    way = _way(framed, cells, by, unseen, counted, language)
    codes, rows = np.unique(way.codes, return_inverse=True)
    shape = (len(codes), len(axis.positions))
    place = rows * shape[1] + axis.columns[cells.period]
    of, dark, pending = (
        np.bincount(place, weights=flags, minlength=shape[0] * shape[1]).reshape(shape)
        for flags in (counted, unseen, cells.status == CellStatus.NOT_AVAILABLE)
    )
    order = np.arange(shape[0])
    foot = [_summary(cells, int(of.sum()), language)]
    by_size = np.argsort(-dark.sum(axis=1), kind="stable")
    most = room([way.names[code] for code in codes[by_size if shape[0] > MOST_ROWS else order]])
    if shape[0] > most:
        order, gone = by_size[:most], by_size[most:]
        rest = int(dark[gone].sum())
        foot.append(
            language.say(
                "Vist er de {most} med flest skjulte tal af {count}; de øvrige{lost} har {rest} tilsammen.",
                most=most,
                count=shape[0],
                lost=unknown_among((way.names[code] for code in codes[sorted(gone)]), language),
                rest=rest,
            )
        )
    if unknown:
        foot.append(language.say("{count} beregnede tal er ikke talt med.", count=unknown))
    share = np.divide(dark, of, out=np.full(shape, np.nan), where=of > 0)
    return Shares(
        title=language.say("Hvor tallene er skjult"),
        subtitle=language.say("Pct. skjulte tal efter {what}", what=way.what),
        names=tuple(way.names[code] for code in codes[order]),
        axis=axis,
        share=share[order],
        pending=((pending > 0) & (of == 0))[order],
        foot=(*foot, *([axis.gaps] if axis.gaps else []), source(df, cells.space, language)),
        language=language,
    )


def _summary(cells: TableCells, of: int, language: Language) -> str:
    hidden, rounded, filled = (int(np.count_nonzero(cells.status == status)) for status in _UNSEEN)
    text = language.say(
        "{hidden} af {count} tal er diskretionerede ({share} pct.)",
        hidden=hidden,
        count=of,
        share=language.number(100 * hidden / max(of, 1), 1),
    )
    text += language.say(", {count} er afrundede", count=rounded) if rounded else ""
    text += language.say(", {count} er udfyldte", count=filled) if filled else ""
    return f"{text}."


def _way(
    framed: Framed, cells: TableCells, by: str | None, unseen: Flags, counted: Flags, language: Language
) -> _Way:
    """What stands on the vertical axis; by default whatever the shares differ most by."""
    measures = _Way(language.say("mål"), cells.measure, [measure.name for measure in cells.space.measures])
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
