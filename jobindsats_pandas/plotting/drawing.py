"""Lines, bars and the audit, drawn on matplotlib, which is optional: imported where it is used."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.plotting.canvas import (
    COLOURS,
    HATCHED,
    THIN,
    UNPUBLISHED,
    clear,
    draw_marks,
    lay_out,
    legend,
    name_rows,
    number_axis,
    text_size,
)
from jobindsats_pandas.plotting.wording import decimals_needed, plain

if TYPE_CHECKING:
    from jobindsats_pandas.plotting.figures import Codes, Flags, Numbers
    from jobindsats_pandas.plotting.language import Language
    from jobindsats_pandas.plotting.picture import Picture
    from jobindsats_pandas.plotting.shares import Shares

__all__ = ["draw_bars", "draw_nothing_hidden", "draw_over_time", "draw_shares", "span", "statuses"]

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
BRIDGE: dict[str, Any] = {"linestyle": ":", "linewidth": 1.0}
SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 1.0)
SHARE_COLOURS = ("#f4f4f4", "#d6e6f4", "#9ecae1", "#5a9fd0", "#2470b0", "#08407c")


def draw_over_time(ax: Any, picture: Picture, *, bars: bool) -> None:
    """Draw a line, or in each period a bar, for each series."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    draw = _draw_columns if bars else _draw_lines
    handles = draw(ax, picture) if len(picture.names) > 1 else draw(ax, picture)[:0]
    labels = list(picture.names)[: len(handles)]
    positions = picture.axis.positions
    low, high = span(picture, from_zero=bars)
    ax.set_ylim(low, high)
    ax.set_xlim(positions[0] - 0.6, positions[-1] + 0.6)
    number_axis(ax.yaxis, (low, high), picture.seen, picture.language)
    thin = picture.hidden & ~(picture.high / (high - low) >= THIN)
    draw_marks(ax, picture.axis.positions, thin, (low, high), COLOURS)
    ax.set_ylabel(plain(picture.unit))
    if not bars and _bridge_gaps(ax, picture):
        handles.append(Line2D([], [], color="0.35", **BRIDGE))
        labels.append(picture.language.say("Ingen tal imellem"))
    for label, style in statuses(picture, thin):
        handles.append(Patch(**style))
        labels.append(label)
    legend(ax, handles, labels)
    clear(ax, "y")


def _draw_lines(ax: Any, picture: Picture) -> list[Any]:
    positions, seen = picture.axis.positions, picture.seen
    # Where several lines are hidden at once, their boxes stand beside each other.
    banded = np.flatnonzero(np.isfinite(picture.high).any(axis=1)).tolist()
    handles = []
    for number, values in enumerate(seen):
        style: dict[str, Any] = {"color": COLOURS[number], "marker": MARKERS[number], "zorder": 2.5}
        size = 4 if len(positions) <= 40 else 2
        handles += ax.plot(positions, values, linewidth=1.6, markersize=size, **style)
        if number in banded:
            room = 1.0 if len(banded) == 1 else 0.8
            lane = ((banded.index(number) / len(banded) - 0.5) * room, room / len(banded))
            _draw_bands(ax, positions, values, picture.high[number], lane, COLOURS[number])
        filled = picture.status[number] == CellStatus.FILLED
        if filled.any():
            style |= {"linestyle": "none", "markersize": 6, "markerfacecolor": "white"}
            ax.plot(positions[filled], values[filled], **style)
    return handles


def _bridge_gaps(ax: Any, picture: Picture) -> bool:
    """Dotted lines between numbers of neighbouring periods of the table that do not follow each other in time."""
    known = np.flatnonzero([bool(period) for period in picture.axis.ids])
    before, after = (side[np.diff(known) > 1] for side in (known[:-1], known[1:]))
    drawn = False
    for number, values in enumerate(picture.seen):
        both = np.isfinite(values[before]) & np.isfinite(values[after])
        ends = np.stack([before[both], after[both]])
        ax.plot(picture.axis.positions[ends], values[ends], color=COLOURS[number], **BRIDGE)
        drawn |= bool(both.any())
    return drawn


def _draw_bands(
    ax: Any, positions: Codes, values: Numbers, high: Numbers, lane: tuple[float, float], colour: str
) -> None:
    """Hidden cells of a line: a box with what each can be, joined to what is seen of the line beside it."""
    from matplotlib.collections import PolyCollection

    start, width = lane
    pale = (colour, 0.2)
    boxed = np.isfinite(high)
    style = {**HATCHED, "edgecolor": colour, "facecolor": pale}
    ax.bar(positions[boxed] + start, high[boxed], width, align="edge", **style)
    wedges = []
    for box in np.flatnonzero(boxed).tolist():
        for beside, edge in ((box - 1, start), (box + 1, start + width)):
            if 0 <= beside < len(values) and np.isfinite(values[beside]):
                at = positions[box] + edge
                wedges.append([(at, 0.0), (positions[beside], values[beside]), (at, high[box])])
    ax.add_collection(PolyCollection(wedges, facecolor=pale, linewidth=0))


def _draw_columns(ax: Any, picture: Picture) -> list[Any]:
    from matplotlib.patches import Patch

    width = 0.8 / len(picture.names)
    for number, values in enumerate(picture.seen):
        at = picture.axis.positions - 0.4 + (number + 0.5) * width
        filled = picture.status[number] == CellStatus.FILLED
        for which, heights, style in (
            (np.isfinite(values) & ~filled, values, {"color": COLOURS[number]}),
            (filled, values, {"facecolor": "white", "edgecolor": COLOURS[number]}),
            (
                np.isfinite(picture.high[number]),
                picture.high[number],
                {**HATCHED, "edgecolor": COLOURS[number]},
            ),
        ):
            ax.bar(at[which], heights[which], 0.92 * width, **style)
    return [Patch(color=colour) for colour, _ in zip(COLOURS, picture.names, strict=False)]


def statuses(picture: Picture, marked: Flags) -> list[tuple[str, dict[str, Any]]]:
    """What the legend says of cells that are not plain numbers."""
    box = {**HATCHED, "edgecolor": "0.35"}
    styles, say = [], picture.language.say
    for status in (CellStatus.DISCRETIONISED, CellStatus.ROUNDED):
        cells = picture.status == status
        for limit in np.unique(picture.high[cells & np.isfinite(picture.high)]):
            number = picture.language.number(limit)
            if status == CellStatus.DISCRETIONISED:
                words = say("Diskretioneret: 0–{limit}", limit=number)
            else:
                words = say("Afrundet: højst {limit}", limit=number)
            if marked[cells & (picture.high == limit)].any():
                words += "\n" + say("(mærke under aksen)")
            styles.append((words, box))
    if (picture.hidden & np.isnan(picture.high)).any():
        styles.append((say("Diskretioneret\n(grænsen kendes ikke)"), box))
    if (picture.status == CellStatus.FILLED).any():
        styles.append((say("Udfyldt, ikke offentliggjort"), {"facecolor": "white", "edgecolor": "0.35"}))
    return styles


def draw_bars(ax: Any, picture: Picture) -> None:
    """Draw one period: a bar for each member, and beside it in words what it is."""
    column = picture.axis.ids.index(picture.periods[0])
    seen, limits, status = picture.seen[:, column], picture.high[:, column], picture.status[:, column]
    rows = np.arange(len(seen))
    low, high = span(picture, from_zero=True)
    # Where no rule bounds a cell, its mark has a length of its own that stands for nothing.
    ends = np.where(picture.hidden[:, column] & np.isnan(limits), 0.015 * (high - low), limits)
    visible, hidden = np.isfinite(seen), np.isfinite(ends)
    ax.barh(rows[visible], seen[visible], 0.7, color=COLOURS[0])
    ax.barh(rows[hidden], ends[hidden], 0.7, **HATCHED, edgecolor=COLOURS[1])
    decimals = decimals_needed(seen[visible], 2)
    for row, end in enumerate(np.fmax(np.fmax(seen, ends), 0.0)):
        text = _beside(seen[row], limits[row], int(status[row]), decimals, picture.language)
        ax.annotate(text, (end, row), (4, 0), textcoords="offset points", va="center", fontsize=text_size(ax))
    name_rows(ax, picture.names)
    ax.set_xlim(low, high)
    number_axis(ax.xaxis, (low, high), seen, picture.language)
    ax.set_xlabel(plain(picture.unit))
    clear(ax, "x")
    _hold_texts(ax)


def _hold_texts(ax: Any) -> None:
    """Widen the axis until the words beside the bars stand within it."""
    lay_out(ax.figure)
    low, high = ax.get_xlim()
    width = ax.get_window_extent().width
    needed = [
        (text.xy[0] - low) / max(1 - (text.get_window_extent().width + 8) / width, 0.2) for text in ax.texts
    ]
    ax.set_xlim(low, max(high, low + max(needed)))


def _beside(value: float, limit: float, status: int, decimals: int, language: Language) -> str:
    if status == CellStatus.DISCRETIONISED and np.isnan(limit):
        return language.say("diskretioneret")
    if status == CellStatus.DISCRETIONISED:
        return language.say("0–{limit}, diskretioneret", limit=language.number(limit))
    if status == CellStatus.ROUNDED:
        return language.say("højst {limit}, afrundet", limit=language.number(limit))
    if status == CellStatus.NOT_AVAILABLE:
        return language.say("ikke offentliggjort endnu")
    number = language.number(value, decimals)
    return language.say("{number} (udfyldt)", number=number) if status == CellStatus.FILLED else number


def draw_shares(ax: Any, shares: Shares) -> None:
    """Draw a tile for each name and period, the darker the more is hidden."""
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    share, positions = shares.share, shares.axis.positions
    rows, columns = share.shape
    # Six classes: none, and up to each of the limits.
    classes = np.ma.masked_where(np.isnan(share), np.searchsorted(SHARES, share.round(9)))
    ax.pcolormesh(
        np.append(positions, positions[-1] + 1) - 0.5,
        np.arange(rows + 1) - 0.5,
        classes,
        cmap=ListedColormap(SHARE_COLOURS),
        norm=BoundaryNorm(np.arange(7) - 0.5, 6),
        edgecolors="white",
        linewidth=0.6 if columns <= 60 else 0.0,
    )
    for row, column in np.argwhere(shares.pending):
        ax.barh(row, 1.0, 1.0, left=positions[column] - 0.5, **UNPUBLISHED)
    for row, column in np.argwhere(share > 0) if columns <= 15 else ():
        text = shares.language.number(100 * share[row, column]) if share[row, column] >= 0.005 else "<1"
        colour = "white" if share[row, column] > SHARES[3] else "black"
        ax.text(positions[column], row, text, ha="center", va="center", fontsize="small", color=colour)
    name_rows(ax, shares.names)
    ax.set_xlim(positions[0] - 0.5, positions[-1] + 0.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    handles = [Patch(facecolor=colour, edgecolor="0.8") for colour in SHARE_COLOURS]
    if shares.pending.any():
        handles.append(Patch(**UNPUBLISHED))
    legend(ax, handles, _share_names(shares.language)[: len(handles)])


def draw_nothing_hidden(ax: Any, shares: Shares) -> None:
    """Say that there is nothing to show where it is."""
    ax.text(
        0.5, 0.5, shares.language.say("Ingen skjulte tal"), ha="center", va="center", transform=ax.transAxes
    )
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color("0.8")


def _share_names(language: Language) -> list[str]:
    between = [
        language.say("{low}–{high} pct.", low=round(100 * low), high=round(100 * high))
        for low, high in itertools.pairwise(SHARES[1:])
    ]
    first = [language.say("ingen skjult"), language.say("højst 5 pct.")]
    return [*first, *between, language.say("ikke offentliggjort")]


def span(picture: Picture, *, from_zero: bool) -> tuple[float, float]:
    """The numbers that the axis has to hold; from 0 if anything near 0 is drawn."""
    drawn = np.concatenate([numbers[np.isfinite(numbers)] for numbers in (picture.seen, picture.high)])
    if not len(drawn):
        return 0.0, 1.0
    low, high = float(drawn.min()), float(drawn.max())
    if from_zero or np.isfinite(picture.high).any() or 0 <= low <= 0.6 * high or 0 <= low == high:
        low, high = min(low, 0.0), max(high, 0.0)
        edge = 0.06 * (high - low) or 1.0
        return (low - edge if low < 0 else low), high + edge
    edge = 0.08 * (high - low) or 0.05 * abs(high)
    return low - edge, high + edge
