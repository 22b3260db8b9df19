"""Drawing on matplotlib, which is optional: imported where it is used. Touches no state but the axes given."""

from __future__ import annotations

import textwrap
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas import arguments
from jobindsats_pandas.danish import danish_number
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.plotting.wording import decimals_needed, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobindsats_pandas.plotting.figures import Codes, Flags, Numbers
    from jobindsats_pandas.plotting.picture import Picture
    from jobindsats_pandas.plotting.shares import Shares
    from jobindsats_pandas.plotting.time_axis import TimeAxis

__all__ = ["draw_bars", "draw_over_time", "draw_shares", "finish", "open_axes"]

# Okabe and Ito's palette for colour-blind readers, with grey and wine for black and yellow (pale on white).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#666666", "#882255")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
HATCHED: dict[str, Any] = {"facecolor": "none", "hatch": "//////", "linewidth": 0.6}
BRIDGE: dict[str, Any] = {"linestyle": ":", "linewidth": 1.0}
SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 1.0)
SHARE_COLOURS = ("#f4f4f4", "#d6e6f4", "#9ecae1", "#5a9fd0", "#2470b0", "#08407c")
SHARE_NAMES = ("ingen skjult", "højst 5 pct.", "5–25 pct.", "25–50 pct.", "50–75 pct.", "75–100 pct.")
UNPUBLISHED: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.7", "hatch": "xxx", "linewidth": 0.0}
# Below this share of the axis a band could be taken for a line at 0.
THIN = 0.02
NAME_WIDTH = 36
LEGEND_WIDTH = 30


def open_axes(ax: Any, names: Sequence[str], *, rows: bool) -> tuple[Any, bool]:
    """Where to draw, and whether the figure is ours: then high enough for these names, as rows or in the legend."""
    try:
        from matplotlib.axes import Axes
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "Pictures need matplotlib, which is not installed: pip install matplotlib"
        ) from error
    if ax is not None and not isinstance(ax, Axes):
        raise QueryError(f"ax={arguments.shown(ax)}: give the Axes of a figure of matplotlib.")
    if ax is not None:
        return ax, False
    if rows:
        lines = max(wrapped(name, NAME_WIDTH).count("\n") + 1 for name in names)
        height = max(1.8 + (0.15 + 0.11 * lines) * len(names), 2.8)
    else:
        lines = sum(wrapped(name, LEGEND_WIDTH).count("\n") + 1 for name in names)
        height = max(2.3 + 0.06 * len(names) + 0.14 * lines, 4.5)
    figure = Figure(figsize=(8.0, height), layout="constrained")
    ax = figure.subplots()
    # Notebooks show figures through pyplot, which does not know this one: so the Axes shows it itself.
    ax._repr_png_ = partial(_png, figure)
    return ax, True


def _png(figure: Any) -> tuple[bytes, dict[str, int]]:
    """The picture for a notebook, with twice the pixels for sharp screens."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=2 * figure.dpi)
    width, height = figure.get_size_inches() * figure.dpi
    return buffer.getvalue(), {"width": int(width), "height": int(height)}


def draw_over_time(ax: Any, picture: Picture, *, bars: bool) -> None:
    """Draw a line, or in each period a bar, for each series."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    draw = _draw_columns if bars else _draw_lines
    handles = draw(ax, picture) if len(picture.names) > 1 else draw(ax, picture)[:0]
    labels = list(picture.names)[: len(handles)]
    positions = picture.axis.positions
    low, high = _span(picture, from_zero=bars)
    ax.set_ylim(low, high)
    ax.set_xlim(positions[0] - 0.6, positions[-1] + 0.6)
    _number_axis(ax.yaxis, (low, high), picture.seen)
    thin = picture.hidden & ~(picture.high / (high - low) >= THIN)
    _draw_marks(ax, picture, thin, low, high)
    ax.set_ylabel(plain(picture.unit))
    if not bars and _bridge_gaps(ax, picture):
        handles.append(Line2D([], [], color="0.35", **BRIDGE))
        labels.append("Ingen tal imellem")
    for label, style in _statuses(picture, thin):
        handles.append(Patch(**style))
        labels.append(label)
    _legend(ax, handles, labels)
    _clear(ax, "y")


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


def _draw_marks(ax: Any, picture: Picture, marked: Flags, low: float, high: float) -> None:
    """Hidden cells of which the scale shows nothing: a row of marks per series, below the lowest number."""
    series = np.flatnonzero(marked.any(axis=1)).tolist()
    if not series:
        return
    step = 0.035 * (high - low)
    ticks = [tick for tick in ax.get_yticks() if low <= tick <= high]
    for row, number in enumerate(series, start=1):
        across = [(place - 0.4, 0.8) for place in picture.axis.positions[marked[number]].tolist()]
        style = {**HATCHED, "edgecolor": COLOURS[number]}
        ax.broken_barh(across, (low - (row - 0.05) * step, 0.8 * step), **style)
    ax.axhline(low, color="0.5", linewidth=0.8)
    ax.set_yticks(ticks)
    ax.set_ylim(low - (len(series) + 0.3) * step, high)


def _statuses(picture: Picture, marked: Flags) -> list[tuple[str, dict[str, Any]]]:
    """What the legend says of cells that are not plain numbers."""
    box = {**HATCHED, "edgecolor": "0.35"}
    styles = []
    for status, words in (
        (CellStatus.DISCRETIONISED, "Diskretioneret: 0–"),
        (CellStatus.ROUNDED, "Afrundet: højst "),
    ):
        cells = picture.status == status
        for limit in np.unique(picture.high[cells & np.isfinite(picture.high)]):
            below = "\n(mærke under aksen)" if marked[cells & (picture.high == limit)].any() else ""
            styles.append((words + danish_number(limit) + below, box))
    if (picture.hidden & np.isnan(picture.high)).any():
        styles.append(("Diskretioneret\n(grænsen kendes ikke)", box))
    if (picture.status == CellStatus.FILLED).any():
        styles.append(("Udfyldt, ikke offentliggjort", {"facecolor": "white", "edgecolor": "0.35"}))
    return styles


def draw_bars(ax: Any, picture: Picture) -> None:
    """Draw one period: a bar for each member, and beside it in words what it is."""
    column = picture.axis.ids.index(picture.periods[0])
    seen, limits, status = picture.seen[:, column], picture.high[:, column], picture.status[:, column]
    rows = np.arange(len(seen))
    low, high = _span(picture, from_zero=True)
    # Where no rule bounds a cell, its mark has a length of its own that stands for nothing.
    ends = np.where(picture.hidden[:, column] & np.isnan(limits), 0.015 * (high - low), limits)
    visible, hidden = np.isfinite(seen), np.isfinite(ends)
    ax.barh(rows[visible], seen[visible], 0.7, color=COLOURS[0])
    ax.barh(rows[hidden], ends[hidden], 0.7, **HATCHED, edgecolor=COLOURS[1])
    decimals = decimals_needed(seen[visible], 2)
    for row, end in enumerate(np.fmax(np.fmax(seen, ends), 0.0)):
        text = _beside(seen[row], limits[row], int(status[row]), decimals)
        ax.annotate(text, (end, row), (4, 0), textcoords="offset points", va="center", fontsize="small")
    _name_rows(ax, picture.names)
    ax.set_xlim(low, high + 0.08 * (high - low))
    _number_axis(ax.xaxis, (low, high), seen)
    ax.set_xlabel(plain(picture.unit))
    _clear(ax, "x")


def _beside(value: float, limit: float, status: int, decimals: int) -> str:
    if status == CellStatus.DISCRETIONISED:
        return "diskretioneret" if np.isnan(limit) else f"0–{danish_number(limit)}, diskretioneret"
    if status == CellStatus.ROUNDED:
        return f"højst {danish_number(limit)}, afrundet"
    if status == CellStatus.NOT_AVAILABLE:
        return "ikke offentliggjort endnu"
    return danish_number(value, decimals) + (" (udfyldt)" if status == CellStatus.FILLED else "")


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
        text = danish_number(100 * share[row, column]) if share[row, column] >= 0.005 else "<1"
        colour = "white" if share[row, column] > SHARES[3] else "black"
        ax.text(positions[column], row, text, ha="center", va="center", fontsize="small", color=colour)
    _name_rows(ax, shares.names)
    ax.set_xlim(positions[0] - 0.5, positions[-1] + 0.5)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    handles = [Patch(facecolor=colour, edgecolor="0.8") for colour in SHARE_COLOURS]
    if shares.pending.any():
        handles.append(Patch(**UNPUBLISHED))
    _legend(ax, handles, [*SHARE_NAMES, "ikke offentliggjort"][: len(handles)])


def _span(picture: Picture, *, from_zero: bool) -> tuple[float, float]:
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


def _number_axis(axis: Any, span: tuple[float, float], numbers: Numbers) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    whole = decimals_needed(numbers[np.isfinite(numbers)], 1) == 0
    locator = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10], integer=whole)
    decimals = decimals_needed(locator.tick_values(*span), 4)
    axis.set_major_locator(locator)
    axis.set_major_formatter(FuncFormatter(lambda value, _: danish_number(value, decimals)))


def _name_rows(ax: Any, names: Sequence[str]) -> None:
    ax.set_yticks(
        np.arange(len(names)), [plain(wrapped(name, NAME_WIDTH)) for name in names], fontsize="small"
    )
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def _legend(ax: Any, handles: list[Any], labels: Sequence[str]) -> None:
    if not handles:
        return
    # Only a layout engine makes room beside the axes; a figure without one would cut the legend off.
    beside = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "frameon": False}
    place = beside if ax.figure.get_layout_engine() is not None else {"loc": "best"}
    ax.legend(handles, [plain(wrapped(label, LEGEND_WIDTH)) for label in labels], fontsize="small", **place)


def _clear(ax: Any, grid: str) -> None:
    ax.grid(axis=grid, linewidth=0.5, alpha=0.5)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def finish(
    ax: Any, title: str, subtitle: str, foot: Iterable[str], axis: TimeAxis | None, *, own: bool
) -> None:
    """Write title, ticks, notes and source, all fitted to the width that the axes came to have."""
    figure = ax.figure
    if own:
        figure.draw_without_rendering()
    box = ax.get_window_extent()
    if axis is not None:
        ax.set_xticks(*axis.ticks(box.width / figure.dpi))
    # In a figure of our own the texts may stand under the legend too.
    points = (figure.bbox.width - box.x0 - 10 if own else box.width) / figure.dpi * 72
    heading = [*textwrap.wrap(title, max(int(points / 5.6), 20)), *([subtitle] if subtitle else [])]
    ax.set_title(plain("\n".join(heading)), loc="left", fontsize="medium")
    unit = ax.get_xlabel()
    lines = [line for text in foot for line in textwrap.wrap(text, max(int(points / 4.4), 30))]
    text = "\n".join([*([unit, ""] if unit else []), plain("\n".join(lines))])
    ax.set_xlabel(text, loc="left", fontsize="small")
