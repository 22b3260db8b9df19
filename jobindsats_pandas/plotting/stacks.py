"""Parts on top of each other: what of each period is known to add up to, and how much the hidden parts can add to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.plotting.canvas import HATCHED, THIN, clear, draw_marks, legend, number_axis
from jobindsats_pandas.plotting.wording import plain

if TYPE_CHECKING:
    from jobindsats_pandas.plotting.figures import Codes, Numbers
    from jobindsats_pandas.plotting.picture import Picture

__all__ = ["MOST_PARTS", "Stack", "draw_stack", "piled"]

MOST_PARTS = 8
# Dark and light in turn, so that neighbours are told apart in grey too.
COLOURS: tuple[str, ...] = (
    "#0072B2",
    "#E69F00",
    "#882255",
    "#56B4E9",
    "#D55E00",
    "#CC79A7",
    "#00664B",
    "#F0E442",
)
OTHER = "#BBBBBB"
BAND: dict[str, Any] = {**HATCHED, "edgecolor": "0.25"}


@dataclass(frozen=True, eq=False)
class Stack:
    """What a stacked picture shows.

    Attributes
    ----------
    picture : Picture
        With the parts that have a name of their own.
    names, colours : tuple of str
        From the bottom to the top.
    heights : float array
        A row for each name, a column for each place in time; NaN in columns that are not drawn.
    band : float array
        For each place in time how much the hidden parts can be at most, together.
    """

    picture: Picture
    names: tuple[str, ...]
    colours: tuple[str, ...]
    heights: Numbers
    band: Numbers


def piled(picture: Picture, most: int, *, share: bool) -> Stack:
    """Pile up the parts of each period, at most so many of them by name.

    Shares are of the sum in which each hidden part is at its highest. No published total is held against the parts.

    Raises
    ------
    QueryError
        If a number is negative.
    """
    seen = picture.seen
    if (seen < 0).any():
        raise QueryError(
            "A stack has no place for numbers below 0, and these have some. Draw lines: kind='line'."
        )
    # Where a part is yet to be published, or nothing is there, there is no stack.
    whole = ~(picture.status == CellStatus.NOT_AVAILABLE).any(axis=0)
    whole &= (np.isfinite(seen) | picture.hidden).any(axis=0)
    heights, names, colours = np.nan_to_num(seen), picture.names, COLOURS
    band = np.where(picture.hidden, picture.high, 0.0).sum(axis=0)
    if len(names) > most:
        order = picture.by_size
        kept, rest = order[: most - 1], order[most - 1 :]
        heights = np.vstack([heights[kept], heights[rest].sum(axis=0)])
        other = picture.language.say("Øvrige {count}", count=len(rest))
        names = (*(names[place] for place in kept), other)
        colours = (*COLOURS[: most - 1], OTHER)
    unit = picture.unit
    if share:
        whole &= heights.sum(axis=0) + band > 0
        of = np.where(whole, heights.sum(axis=0) + band, 1.0) / 100
        heights, band = heights / of, band / of
        unit = picture.language.say("pct. af summen")
    heights, band = np.where(whole, heights, np.nan), np.where(whole, band, 0.0)
    notes = picture.notes
    if share and band.any():
        unit = picture.language.say("pct. af højst mulige sum")
        notes = (
            picture.language.say(
                "Hvor tal er skjult, er andelene af summen med hvert skjult tal på sit højeste: de viste dele fylder"
                " mindst så meget som tegnet."
            ),
            *notes,
        )
    return Stack(replace(picture, unit=unit, notes=notes), names, colours, heights, band)


def draw_stack(ax: Any, stack: Stack, *, filled: bool, share: bool) -> None:
    """Draw a stack for each period, or areas that run through them."""
    from matplotlib.patches import Patch

    picture, language = stack.picture, stack.picture.language
    positions = picture.axis.positions
    hidden = bool(stack.band.any())
    # The top of such shares is no sum: neither an outline nor the grid draws a line there.
    open_topped = share and hidden
    draw = _draw_areas if filled else _draw_columns
    draw(ax, positions, stack, {**BAND, "linewidth": 0.0} if open_topped else BAND)
    tops = np.nansum(stack.heights, axis=0) + stack.band
    high = 100.0 if share else 1.06 * float(tops.max(initial=0.0)) or 1.0
    ax.set_ylim(0.0, high)
    ax.set_xlim(positions[0] - 0.6, positions[-1] + 0.6)
    number_axis(ax.yaxis, (0.0, high), np.array([0.5]) if share else stack.heights, language)
    thin = (stack.band > 0) & (stack.band / high < THIN)
    draw_marks(ax, positions, thin[None], (0.0, high), ("0.25",))
    ax.set_ylabel(plain(picture.unit))
    handles = [
        Patch(facecolor=colour, edgecolor="white")
        for colour, _ in zip(stack.colours, stack.names, strict=False)
    ]
    labels = list(stack.names)
    # In the order in which they lie.
    handles, labels = handles[::-1], labels[::-1]
    if hidden:
        words = _band_words(picture, share=share) + (
            "\n" + language.say("(mærke under aksen)") if thin.any() else ""
        )
        handles.insert(0, Patch(**BAND))
        labels.insert(0, words)
    legend(ax, handles, labels)
    clear(ax, "y")
    ax.grid(visible=not open_topped, axis="y")


def _band_words(picture: Picture, *, share: bool) -> str:
    if share:
        return picture.language.say("Skjulte tal på det højeste,\nlagt øverst")
    limits = np.unique(picture.high[picture.hidden])
    number = picture.language.number(float(limits.max()))
    return picture.language.say("Skjulte tal: 0–{limit} hver,\nlagt øverst", limit=number)


def _draw_columns(ax: Any, positions: Codes, stack: Stack, style: dict[str, Any]) -> None:
    bottom = np.zeros(len(positions))
    for heights, colour in zip(stack.heights, stack.colours, strict=False):
        ax.bar(positions, heights, 0.8, bottom=bottom, color=colour, edgecolor="white", linewidth=0.6)
        bottom = bottom + np.nan_to_num(heights)
    some = stack.band > 0
    ax.bar(positions[some], stack.band[some], 0.8, bottom=bottom[some], **style)


def _draw_areas(ax: Any, positions: Codes, stack: Stack, style: dict[str, Any]) -> None:
    drawn = np.isfinite(stack.heights[0])
    # A period alone, between others that are not drawn, is as wide as a column.
    for run in _runs(drawn):
        places = positions[run].astype(np.float64)
        heights, band = stack.heights[:, run], stack.band[run]
        if len(places) == 1:
            places = places[0] + np.array([-0.4, 0.4])
            heights, band = np.repeat(heights, 2, axis=1), np.repeat(band, 2)
        bottom = np.zeros(len(places))
        for part, colour in zip(heights, stack.colours, strict=False):
            ax.fill_between(places, bottom, bottom + part, facecolor=colour, edgecolor="white", linewidth=0.6)
            bottom = bottom + part
        if band.any():
            ax.fill_between(places, bottom, bottom + band, **style)


def _runs(drawn: Any) -> list[Any]:
    """The places of the drawn periods, in runs that follow each other."""
    where = np.flatnonzero(drawn)
    return [run for run in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1) if len(run)]
