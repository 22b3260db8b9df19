"""Names as people type them: folded for comparison, and the nearest ones when a name does not exist."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["did_you_mean", "fold", "nearest", "relevance"]

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


def relevance(search: str, fields: Mapping[str, float] | Sequence[tuple[str, float]]) -> float:
    """Say how well texts answer a search, 0 for not at all.

    Every word of the search must be found in some text: as a word, the beginning of one, a piece of one, or,
    for words of four letters and more, as a word's beginning with one letter wrong.

    Parameters
    ----------
    search : str
        Words in any order and case.
    fields : mapping of str to float
        Texts and how much a hit in each counts.

    Examples
    --------
    >>> relevance("kommune ledige", {"Ledige fordelt på kommuner": 1.0}) > 0
    True
    >>> relevance("kommune ledige", {"Ledige i alt": 1.0})
    0.0
    """
    pairs = fields.items() if hasattr(fields, "items") else fields
    texts = [(_words(text), weight) for text, weight in pairs]
    score = 0.0
    for word in _words(search):
        best = max((weight * _word_hit(word, words) for words, weight in texts), default=0.0)
        if best == 0:
            return 0.0
        score += best
    return score


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def _word_hit(word: str, words: Sequence[str]) -> float:
    if word in words:
        return 1.0
    if any(other.startswith(word) for other in words):
        return 0.8
    if any(word in other for other in words):
        return 0.5
    if len(word) >= 4 and any(
        _one_letter_off(word, other[: len(word) + d]) for other in words for d in (-1, 0, 1)
    ):
        return 0.2
    return 0.0


def _one_letter_off(left: str, right: str) -> bool:
    if abs(len(left) - len(right)) > 1:
        return False
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        start += 1
    tails = {
        (left[start + 1 :], right[start + 1 :]),
        (left[start + 1 :], right[start:]),
        (left[start:], right[start + 1 :]),
    }
    swapped = left[start + 1 : start + 2] + left[start : start + 1] + left[start + 2 :]
    return any(a == b for a, b in tails) or swapped == right[start:]
