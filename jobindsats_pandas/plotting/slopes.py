"""Two periods beside each other: a line from then to now for each member, with its numbers at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.plotting.canvas import COLOURS, HATCHED, lay_out, legend, text_size, width_of
from jobindsats_pandas.plotting.drawing import span, statuses
from jobindsats_pandas.plotting.wording import decimals_needed, plain, wrapped

if TYPE_CHECKING:
    from jobindsats_pandas.plotting.picture import Picture

__all__ = ["draw_slopes", "write_ends"]


def draw_slopes(ax: Any, picture: Picture) -> None:
    """Draw a line for each series from its number in the first period to that in the last; hidden ones as bands."""
    from matplotlib.patches import Patch

    columns = [picture.axis.ids.index(period) for period in picture.periods]
    seen, high = picture.seen[:, columns], picture.high[:, columns]
    for number, (values, limits) in enumerate(zip(seen, high, strict=True)):
        colour = COLOURS[number]
        ax.plot([0, 1], values, color=colour, marker="o", markersize=5, linewidth=1.6)
        for place, limit in enumerate(limits):
            if np.isfinite(limit):
                ax.bar(place, limit, 0.05, **{**HATCHED, "edgecolor": colour})
                if np.isfinite(values[1 - place]):
                    ax.fill(
                        [place, place, 1 - place],
                        [0, limit, values[1 - place]],
                        color=(colour, 0.2),
                        linewidth=0,
                    )
    bottom, top = span(picture, from_zero=False)
    # The lowest number is written beside its end, and stands above the periods.
    ax.set_ylim(bottom - 0.05 * (top - bottom), top)
    ax.set_xlim(-0.1, 1.1)
    ax.set_xticks(
        [0, 1], ["\n".join(picture.language.period(name).rsplit(" ", 1)) for name in picture.periods]
    )
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    for place in (0, 1):
        ax.axvline(place, color="0.8", linewidth=0.8, zorder=0)
    styles = statuses(picture, np.zeros_like(picture.hidden))
    legend(ax, [Patch(**style) for _, style in styles], [words for words, _ in styles])


def write_ends(ax: Any, picture: Picture) -> None:
    """Write numbers at both ends and names at the last, none over another, and make the axes wide enough for them."""
    columns = [picture.axis.ids.index(period) for period in picture.periods]
    seen = picture.seen[:, columns]
    # A hidden number stands in the middle of what it can be, for the name beside it; where no rule tells, at the bottom.
    ends = np.where(np.isfinite(seen), seen, np.nan_to_num(picture.high[:, columns]) / 2)
    drawn = np.isfinite(seen) | picture.hidden[:, columns]
    decimals = decimals_needed(seen[np.isfinite(seen)], 2)
    width = int(np.clip(width_of(ax) * 4.5, 10, 30))
    texts: tuple[list[Any], list[Any]] = ([], [])
    for place, column in enumerate(columns):
        for number in range(len(picture.names)):
            words = _number(picture, number, column, decimals)
            if place and len(picture.names) > 1:
                words = wrapped(f"{words}  {picture.names[number]}".strip(), width)
            if words:
                at = ends[number, place] if drawn[number, place] else ends[number, 0]
                style = {"color": COLOURS[number], "fontsize": text_size(ax), "va": "center"}
                side: dict[str, Any] = (
                    {"xytext": (8, 0), "ha": "left"} if place else {"xytext": (-8, 0), "ha": "right"}
                )
                text = ax.annotate(plain(words), (place, at), textcoords="offset points", **side, **style)
                # The axes are made to hold it; a layout would move them once more.
                text.set_in_layout(False)
                texts[place].append(text)
    lay_out(ax.figure)
    room = ax.get_window_extent()
    left, right = (max((t.get_window_extent().width for t in side), default=0) + 14 for side in texts)
    # The line has at least a quarter of the width.
    between = max(room.width - left - right, room.width / 4)
    ax.set_xlim(-left / between, 1 + right / between)
    for several in texts:
        _spread(ax, several)


def _spread(ax: Any, texts: list[Any]) -> None:
    """Move texts up and down until each has its own height, in the order in which they stand, none outside the axes."""
    texts = sorted(texts, key=lambda text: text.xy[1])
    bottom, top = ax.get_ylim()
    room = ax.get_window_extent().height
    heights = [text.get_window_extent().height + 1 for text in texts]
    wanted = [(text.xy[1] - bottom) / (top - bottom) * room for text in texts]
    lows = np.array(wanted) - np.array(heights) / 2
    for place in range(1, len(lows)):
        lows[place] = max(lows[place], lows[place - 1] + heights[place - 1])
    # From the top again: what was pushed out at the top pushes the others down.
    limit = room
    for place in reversed(range(len(lows))):
        lows[place] = min(lows[place], limit - heights[place])
        limit = lows[place]
    points = 72 / ax.figure.dpi
    for text, low, height, want in zip(texts, lows.tolist(), heights, wanted, strict=True):
        text.xyann = (text.xyann[0], (low + height / 2 - want) * points)


def _number(picture: Picture, number: int, column: int, decimals: int) -> str:
    status, limit = picture.status[number, column], picture.high[number, column]
    if status == CellStatus.DISCRETIONISED and np.isfinite(limit):
        return f"0–{picture.language.number(limit)}"
    if status == CellStatus.ROUNDED:
        return f"≤{picture.language.number(limit)}"
    if status == CellStatus.DISCRETIONISED:
        return picture.language.say("diskretioneret")
    value = picture.seen[number, column]
    return "" if np.isnan(value) else picture.language.number(value, decimals)
