"""Names as people type them: folded for comparison, and the nearest ones when a name does not exist."""

from __future__ import annotations

import difflib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean", "fold", "nearest"]

# In decomposed text å is an a and a ring, so that an accent on any of the three does not hide it.
_DANISH = {"æ": "ae", "ø": "oe", "a\N{COMBINING RING ABOVE}": "aa"}


def fold(text: str) -> str:
    """Reduce a name to what people agree on: no case, one space, æ as ae, ø as oe, å as aa, no accents.

    Examples
    --------
    >>> fold("Ærø  Kommune") == fold("aeroe kommune")
    True
    """
    text = text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
        for letter, spelt in _DANISH.items():
            text = text.replace(letter, spelt)
        text = "".join(c for c in text if not unicodedata.combining(c))
    return " ".join(text.split())


def nearest(name: str, candidates: Iterable[str], count: int = 3) -> list[str]:
    """Return the candidates that `name` was probably meant to be, the likeliest first.

    Examples
    --------
    >>> nearest("aarhuss", ["Aalborg", "Århus", "Odense"])
    ['Århus']
    """
    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(fold(candidate), candidate)
    wanted = fold(name)
    close = difflib.get_close_matches(wanted, folded, n=count, cutoff=0.6)
    if wanted:
        close += [other for other in folded if wanted in other and other not in close]
    return [folded[match] for match in close[:count]]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return the sentence `` Did you mean …?`` with a space before it, or nothing where nothing is near.

    Examples
    --------
    >>> did_you_mean("odens", ["Odense", "Aarhus"])
    " Did you mean 'Odense'?"
    """
    near = nearest(name, candidates)
    return f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
