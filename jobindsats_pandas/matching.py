"""Names as people type them: folded for comparison, and the nearest ones when a name does not exist."""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["did_you_mean", "fold", "nearest", "ranked"]

T = TypeVar("T")

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


def ranked(search: str, items: Iterable[T], fields: Callable[[T], Sequence[tuple[str, float]]]) -> list[T]:
    """Return the items that answer a search, the best first.

    Items that hold every word shut out those that do so only with a letter wrong, and these those that hold at least
    half of the words: a search for what is there is exact, and a search that asks too much still finds something.

    Parameters
    ----------
    search : str
        Words in any order and case.
    items : iterable
    fields : callable
        The texts of an item, and how much a hit in each counts.

    Examples
    --------
    >>> ranked("ledige kommune", ["Ledige", "Sanktioner", "Ledige i kommunen"], lambda text: [(text, 1.0)])
    ['Ledige i kommunen']
    >>> ranked("ledihe", ["Ledige", "Sanktioner"], lambda text: [(text, 1.0)])
    ['Ledige']
    """
    tiers: dict[int, list[tuple[float, T]]] = {}
    for item in items:
        hits = _hits(search, fields(item))
        solid = sum(hit >= 1 for hit in hits)
        tier = 3 if solid == len(hits) else 2 if all(hits) else 1 if 2 * solid >= len(hits) else 0
        if tier and hits:
            tiers.setdefault(tier, []).append((sum(hits), item))
    best = tiers[max(tiers)] if tiers else []
    return [item for _, item in sorted(best, key=lambda pair: -pair[0])]


def _hits(search: str, fields: Sequence[tuple[str, float]]) -> list[float]:
    """For each word of the search, its best hit: below 1 only where a letter is wrong, weights being 1 at least."""
    texts = [(_words(text), weight) for text, weight in fields]
    return [
        max((weight * _word_hit(word, words) for words, weight in texts), default=0.0)
        for word in _words(search)
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def _word_hit(word: str, words: Sequence[str]) -> float:
    if word in words:
        return 4.0
    if any(other.startswith(word) for other in words):
        return 3.0
    if any(word in other for other in words):
        return 2.0
    if len(word) < 4:
        return 0.0
    # Danish endings: "kommuner" is looked for, "kommune" stands there.
    if any(len(other) >= 4 and word.startswith(other) and len(word) <= len(other) + 2 for other in words):
        return 1.0
    if any(_one_letter_off(word, other[: len(word) + d]) for other in words for d in (-1, 0, 1)):
        return 0.01
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
