"""What all pictures share: axes with room for their texts, legends beside the data, numbers, title and foot."""

from __future__ import annotations

import itertools
import textwrap
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas import arguments
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.plotting.wording import decimals_needed, plain, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobindsats_pandas.plotting.figures import Codes, Flags, Numbers
    from jobindsats_pandas.plotting.language import Language
    from jobindsats_pandas.plotting.time_axis import TimeAxis

__all__ = [
    "COLOURS",
    "HATCHED",
    "THIN",
    "UNPUBLISHED",
    "clear",
    "draw_marks",
    "finish",
    "keep_scale",
    "lay_out",
    "legend",
    "make_room",
    "name_rows",
    "number_axis",
    "open_axes",
    "room_for",
    "text_size",
    "width_of",
]

# Okabe and Ito's palette for colour-blind readers, with grey and wine for black and yellow (pale on white).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#666666", "#882255")
HATCHED: dict[str, Any] = {"facecolor": "none", "hatch": "//////", "linewidth": 0.6}
UNPUBLISHED: dict[str, Any] = {"facecolor": "none", "edgecolor": "0.7", "hatch": "xxx", "linewidth": 0.0}
# Below this share of the axis a band could be taken for a line at 0.
THIN = 0.02
NAME_WIDTH = 36
LEGEND_WIDTH = 30
# Inches: below this width letters are smaller.
_NARROW = 4.5


def make_room(ax: Any) -> Any:
    """Look at the axes that were given, if any; a figure without a layout gets the mildest that leaves nothing outside.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    QueryError
        If they are no axes.
    """
    try:
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError(
            "Pictures need matplotlib, which is not installed: pip install matplotlib"
        ) from error
    if ax is not None and not isinstance(ax, Axes):
        raise QueryError(f"ax={arguments.shown(ax)}: give the Axes of a figure of matplotlib.")
    if ax is not None:
        figure = ax.figure.canvas.figure
        if figure.get_layout_engine() is None and ax.get_subplotspec() is not None:
            figure.set_layout_engine("tight")
    return ax


def open_axes(
    ax: Any, names: Sequence[str], *, rows: bool, size: tuple[float, float] | None = None
) -> tuple[Any, bool]:
    """Where to draw, and whether the figure is ours: then high enough for these names, as rows or in the legend."""
    if ax is not None:
        return ax, False
    from matplotlib.figure import Figure

    if rows:
        lines = max(wrapped(name, NAME_WIDTH).count("\n") + 1 for name in names)
        height = max(1.8 + (0.15 + 0.11 * lines) * len(names), 2.8)
    else:
        lines = sum(wrapped(name, LEGEND_WIDTH).count("\n") + 1 for name in names)
        height = max(2.3 + 0.06 * len(names) + 0.14 * lines, 4.5)
    figure = Figure(figsize=size or (8.0, height), layout="constrained")
    ax = figure.subplots()
    # Notebooks show figures through pyplot, which does not know this one: so the Axes shows it itself.
    ax._repr_png_ = partial(_png, figure)
    return ax, True


def keep_scale(ax: Any, ratio: float = 1.0) -> None:
    """Widen the limits of the finished axes until one unit up is as long as `ratio` units to the side.

    The aspect of axes is not set, for layouts leave too little room below axes whose size follows from it.
    """
    lay_out(ax.figure)
    box = ax.get_window_extent()
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    wanted = box.width / box.height * abs(top - bottom) * ratio
    if wanted > right - left:
        ax.set_xlim(left, left + wanted)
    else:
        ax.set_ylim(top + (bottom - top) * (right - left) / wanted, top)


def lay_out(figure: Any) -> None:
    """Let all axes have the place and size that they come to have, without drawing what is in them where a layout knows."""
    layout = figure.get_layout_engine()
    if layout is None:
        figure.draw_without_rendering()
    else:
        layout.execute(figure)


def _laid_out(ax: Any) -> bool:
    """Whether a layout makes room for what stands beside the axes."""
    return ax.figure.get_layout_engine() is not None and ax.get_subplotspec() is not None


def _png(figure: Any) -> tuple[bytes, dict[str, int]]:
    """The picture for a notebook, with twice the pixels for sharp screens."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=2 * figure.dpi)
    width, height = figure.get_size_inches() * figure.dpi
    return buffer.getvalue(), {"width": int(width), "height": int(height)}


def width_of(ax: Any) -> float:
    """The width in inches of the room that axes have, with what stands beside them."""
    return _room(ax)[0]


def _room(ax: Any) -> tuple[float, float]:
    """Width and height in inches that axes have, with what stands beside, above and below them."""
    if not _laid_out(ax):
        box = ax.get_window_extent()
        return float(box.width / ax.figure.dpi), float(box.height / ax.figure.dpi)
    spec, box = ax.get_subplotspec(), ax.figure.bbox
    grid = spec.get_gridspec()
    width, height = box.width / grid.ncols * len(spec.colspan), box.height / grid.nrows * len(spec.rowspan)
    return float(width / ax.figure.dpi), float(height / ax.figure.dpi)


def room_for(ax: Any, names: Sequence[str], most: int, *, rows: bool) -> int:
    """How many names there is room for in axes of the user's own: as two rows at least, or three in the legend."""
    if ax is None:
        return most
    width, height = _room(ax)
    # Title and foot take the more lines the narrower they are.
    free = height - (1.2 + 4.2 / width if _laid_out(ax) else 0)
    letters = _name_width(ax) if rows else _legend_width(ax)
    lines = [wrapped(name, letters).count("\n") + 1 for name in names[:most]]
    if not rows:
        return int(np.clip(free / (0.05 + 0.12 * np.mean(lines)) - 2, 3, most))
    fitting = (
        count
        for count in range(most, 2, -1)
        if max((a + b) * 0.065 for a, b in itertools.pairwise([*lines[:count], 1])) + 0.02 <= free / count
    )
    return next(fitting, 2)


def _name_width(ax: Any) -> int:
    """How many letters a line of a row's name may have: not more than a third of the width."""
    return int(np.clip(width_of(ax) * 5.5, 12, NAME_WIDTH))


def _legend_width(ax: Any) -> int:
    """How many letters a line of the legend may have, beside the axes or in them."""
    return int(np.clip(width_of(ax) * (4.6 if _laid_out(ax) else 9), 12, LEGEND_WIDTH))


def text_size(ax: Any) -> str:
    """The size of what is written beside the data."""
    return "small" if width_of(ax) >= _NARROW else "x-small"


def number_axis(axis: Any, span: tuple[float, float], numbers: Numbers, language: Language) -> None:
    """Round numbers on an axis, as the language writes them."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    whole = decimals_needed(numbers[np.isfinite(numbers)], 1) == 0
    locator = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10], integer=whole)
    decimals = decimals_needed(locator.tick_values(*span), 4)
    axis.set_major_locator(locator)
    axis.set_major_formatter(FuncFormatter(lambda value, _: language.number(value, decimals)))


def name_rows(ax: Any, names: Sequence[str]) -> None:
    """Names of rows, the first on top."""
    width = _name_width(ax)
    ax.set_yticks(
        np.arange(len(names)), [plain(wrapped(name, width)) for name in names], fontsize=text_size(ax)
    )
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)


def draw_marks(
    ax: Any, places: Codes, marked: Flags, span: tuple[float, float], colours: Sequence[str]
) -> None:
    """Hidden cells of which the scale shows nothing: a row of marks per series, below the lowest number."""
    low, high = span
    series = np.flatnonzero(marked.any(axis=1)).tolist()
    if not series:
        return
    step = 0.035 * (high - low)
    ticks = [tick for tick in ax.get_yticks() if low <= tick <= high]
    for row, number in enumerate(series, start=1):
        across = [(place - 0.4, 0.8) for place in places[marked[number]].tolist()]
        style = {**HATCHED, "edgecolor": colours[number]}
        ax.broken_barh(across, (low - (row - 0.05) * step, 0.8 * step), **style)
    ax.axhline(low, color="0.5", linewidth=0.8)
    ax.set_yticks(ticks)
    ax.set_ylim(low - (len(series) + 0.3) * step, high)


def legend(ax: Any, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """A legend that never lies over data: beside the axes, or where no layout makes room there, above what is drawn."""
    if not handles:
        return
    texts = [plain(wrapped(label, _legend_width(ax))) for label in labels]
    style: dict[str, Any] = {"loc": "upper left", "frameon": False, "fontsize": text_size(ax)}
    if _laid_out(ax):
        ax.legend(handles, texts, bbox_to_anchor=(1.0, 1.0), **style)
        return
    inside = ax.legend(handles, texts, ncols=max(int(width_of(ax) / 2.2), 1), **style)
    taken = min(inside.get_window_extent().height / ax.get_window_extent().height, 0.8)
    bottom, top = ax.get_ylim()
    ax.set_yticks([tick for tick in ax.get_yticks() if min(bottom, top) <= tick <= max(bottom, top)])
    ax.set_ylim(bottom, bottom + (top - bottom) / (1 - taken))


def clear(ax: Any, grid: str) -> None:
    """A grid in one direction, and no frame around the picture."""
    ax.grid(axis=grid, linewidth=0.5, alpha=0.5)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def finish(
    ax: Any, title: str, subtitle: str, foot: Iterable[str], axis: TimeAxis | None, *, own: bool
) -> None:
    """Write title, ticks, notes and source, all fitted to the width that the axes came to have."""
    from matplotlib import rcParams

    figure = ax.figure
    lay_out(figure)
    box = ax.get_window_extent()
    if axis is not None:
        ax.set_xticks(*axis.ticks(box.width / figure.dpi))
    # Texts may stand under the legend too: in a figure of our own that is up to its edge.
    right = figure.bbox.width - 10 if own else min(max(box.x1, _right_of_legend(ax)), _right_of_room(ax))
    room = right - box.x0
    if _laid_out(ax) and ax.get_subplotspec().get_gridspec().ncols > 1:
        room *= 0.85  # what is drawn into the other axes later moves these a little
    points = room / figure.dpi * 72 * 10 / rcParams["font.size"]
    _write(ax.set_title("", loc="left", fontsize="medium"), (title, subtitle), max(points / 5.6, 12), room)
    size, unit = text_size(ax), ax.get_xlabel()
    below = ax.set_xlabel("", loc="left", fontsize=size)
    _write(below, foot, max(points / (4.4 if size == "small" else 3.7), 16), room, [unit, ""] if unit else [])


def _write(place: Any, texts: Iterable[str], letters: float, room: float, above: Sequence[str] = ()) -> None:
    """Write texts in lines of so many letters, and of fewer where these are so wide that a line does not fit."""
    texts, letters = list(texts), int(letters)
    while True:
        lines = [line for text in texts for line in textwrap.wrap(text, letters)]
        place.set_text("\n".join([*above, plain("\n".join(lines))]))
        wide = place.get_window_extent().width
        if wide <= room or letters <= 10:
            return
        letters = max(int(letters * room / wide), 10)


def _right_of_legend(ax: Any) -> float:
    words = ax.get_legend()
    return float(words.get_window_extent().x1) if words is not None else 0.0


def _right_of_room(ax: Any) -> float:
    """Where the next axes to the right begin."""
    spec = ax.get_subplotspec()
    if not _laid_out(ax):
        return float(ax.get_window_extent().x1)
    return float(
        ax.figure.bbox.x0 + ax.figure.bbox.width * spec.colspan.stop / spec.get_gridspec().ncols - 10
    )
