"""Numbers as shades: classes with round limits, and what a tile without a number looks like."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.plotting.canvas import HATCHED, UNPUBLISHED
from jobindsats_pandas.plotting.drawing import statuses
from jobindsats_pandas.plotting.wording import decimals_needed

if TYPE_CHECKING:
    from jobindsats_pandas.plotting.figures import Numbers
    from jobindsats_pandas.plotting.picture import Picture

__all__ = ["Shades", "shades_of"]

#: From light to dark in even steps of grey.
COLOURS = ("#deebf7", "#a8cbe5", "#5f9fd0", "#2468ab", "#08306b")
NOTHING: dict[str, Any] = {"facecolor": "white", "edgecolor": "0.85", "linewidth": 0.6}
EMPTY: dict[str, Any] = {**HATCHED, "facecolor": "white", "edgecolor": "0.35"}


@dataclass(frozen=True, eq=False)
class Shades:
    """How the numbers of a picture are shaded.

    Attributes
    ----------
    limits : float array
        Between the classes.
    colours : tuple of str
        One more.
    decimals : int
        Of the numbers as they are written.
    step : float
        How far numbers that are written so are apart; 0 where some have more decimals than are written.
    """

    picture: Picture
    limits: Numbers
    colours: tuple[str, ...]
    decimals: int
    step: float

    def style(self, row: int, column: int) -> tuple[dict[str, Any], str]:
        """How a cell is filled, and the colour of what is written on it."""
        status, value = self.picture.status[row, column], self.picture.seen[row, column]
        if self.picture.hidden[row, column]:
            return EMPTY, "black"
        if status == CellStatus.NOT_AVAILABLE:
            return UNPUBLISHED, "black"
        if np.isnan(value):
            return NOTHING, "0.6"
        place = int(np.searchsorted(self.limits, value, side="right"))
        dark = place >= len(self.colours) - 2 and len(self.colours) > 2
        return {"facecolor": self.colours[place], "edgecolor": "white", "linewidth": 0.6}, (
            "white" if dark else "black"
        )

    def text(self, row: int, column: int) -> str:
        """A cell's number as it is written, empty where there is none."""
        value = self.picture.seen[row, column]
        return "" if np.isnan(value) else self.picture.language.number(value, self.decimals)

    def keys(self, *, nothing: bool) -> tuple[list[Any], list[str]]:
        """The handles and labels of the legend; whether there are tiles of which the frame has no cell."""
        from matplotlib.patches import Patch

        picture, say = self.picture, self.picture.language.say
        handles: list[Any] = []
        labels: list[str] = []
        if np.isfinite(picture.seen).any():
            handles = [Patch(facecolor=colour, edgecolor="0.8") for colour in self.colours]
            labels = self._names()
        for words, _ in statuses(picture, np.zeros_like(picture.hidden)):
            handles.append(Patch(**EMPTY))
            labels.append(words)
        if (picture.status == CellStatus.NOT_AVAILABLE).any():
            handles.append(Patch(**UNPUBLISHED))
            labels.append(say("ikke offentliggjort"))
        if nothing:
            handles.append(Patch(**NOTHING))
            labels.append(say("ikke i udtrækket"))
        return handles, labels

    def _names(self) -> list[str]:
        say, number = self.picture.language.say, self.picture.language.number
        if not len(self.limits):
            return [number(self.picture.seen[np.isfinite(self.picture.seen)][0], self.decimals)]
        decimals = self.decimals if self.step else decimals_needed(self.limits, 4)
        between = []
        for low, above in itertools.pairwise(self.limits):
            first, last = number(low, decimals), number(above - self.step, decimals)
            between.append(first if first == last else say("{low}–{high}", low=first, high=last))
        under, over = number(self.limits[0], decimals), number(self.limits[-1], decimals)
        return [say("under {high}", high=under), *between, say("{low} og derover", low=over)]


def shades_of(picture: Picture) -> Shades:
    """Divide the numbers of a picture into classes of about as many cells each, with round limits."""
    known = picture.seen[np.isfinite(picture.seen)]
    decimals = decimals_needed(known, 1)
    whole = known * 10**decimals
    exact = bool(np.allclose(whole.round(), whole, rtol=0, atol=1e-6))
    limits = np.empty(0)
    if len(known):
        between = np.quantile(known, np.linspace(0, 1, len(COLOURS) + 1)[1:-1])
        limits = np.array([_rounded(number, known) for number in between])
        # Between numbers that follow each other all limits divide alike, and the upper one can be written.
        limits = np.unique(np.ceil(limits * 10**decimals - 1e-6) / 10**decimals if exact else limits)
        limits = limits[(limits > known.min()) & (limits <= known.max())]
        if not len(limits) and known.min() < known.max():
            limits = np.array([known.max()])
    few = np.linspace(0, len(COLOURS) - 1, len(limits) + 1).round().astype(int)
    return Shades(
        picture, limits, tuple(COLOURS[place] for place in few), decimals, 10.0**-decimals if exact else 0.0
    )


def _rounded(number: float, known: Numbers) -> float:
    """A number with as few digits as still tell the classes apart."""
    spread = float(np.ptp(known)) or 1.0
    digits = int(np.ceil(-np.log10(min(spread, abs(number) or spread)))) + 1
    rounded = round(number, digits)
    return float(rounded)
