"""Searching by words: Danish or English, in any order, letters forgiven only where nothing fits better."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from jobindsats_pandas.matching import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["ENGLISH", "Findings", "Hit", "search"]

T = TypeVar("T")

Text = tuple[str, float]
"""A text to look in, and how much a hit in it counts."""

ENGLISH = {
    "activated": "aktivered",
    "activation": "aktiver",
    "age": "alder",
    "cash benefit": "kontanthjælp",
    "copenhagen": "københavn",
    "duration": "varighed",
    "early retirement": "efterløn",
    "education": "uddannelse",
    "employment": "beskæftigelse",
    "flex job": "fleksjob",
    "flexjob": "fleksjob",
    "full-time": "fuldtid",
    "funen": "fyn",
    "gender": "køn",
    "inflow": "tilgang",
    "internship": "praktik",
    "job postings": "jobopslag",
    "jutland": "jylland",
    "long-term unemployed": "langtidsledig",
    "maternity": "barsel",
    "men": "mænd",
    "municipalities": "kommune",
    "municipality": "kommune",
    "occupation": "erhverv",
    "origin": "oprindelse",
    "outflow": "afgang",
    "payments": "udbetal",
    "persons": "personer",
    "disability pension": "førtidspension",
    "public support": "forsørg",
    "refugees": "flygtning",
    "rehabilitation": "revalidering",
    "sanctions": "sanktion",
    "sex": "køn",
    "sick": "syge",
    "sickness": "syge",
    "sickness benefit": "sygedagpenge",
    "social assistance": "kontanthjælp",
    "unemployed": "ledig",
    "unemployment": "ledig",
    "unemployment benefit": "dagpenge",
    "unemployment fund": "kasse",
    "vacancies": "jobopslag",
    "wage subsidy": "løntilskud",
    "women": "kvinde",
    "work sharing": "arbejdsfordeling",
    "zealand": "sjælland",
}
"""Terms of the field in English, names of places among them, and what the data bank's names hold instead; plurals in -s are understood too."""


class _Word(NamedTuple):
    """A word as it was typed, and as it is looked for."""

    typed: str
    folded: str


class Hit(NamedTuple, Generic[T]):
    """Something found, and the texts of it that answered, one for each word."""

    item: T
    texts: tuple[str, ...]


class Findings(NamedTuple, Generic[T]):
    """What a search found.

    Attributes
    ----------
    hits : tuple of Hit
        The best first.
    nowhere : tuple of str
        Words that stand in nothing that was looked through.
    every : bool
        Whether each hit holds every other word; else the hits hold at least half of them.
    """

    hits: tuple[Hit[T], ...]
    nowhere: tuple[str, ...]
    every: bool


def search(text: str, items: Iterable[T], texts: Callable[[T], Sequence[Text]]) -> Findings[T]:
    """Find the items that hold the words of a search, the best first.

    Items that hold every word shut out those that hold only half of them. A word that stands nowhere as it was typed is
    looked for with one letter wrong, if it has five letters or more; if it stands nowhere then, it is left out and told of.

    Parameters
    ----------
    text : str
        Words in any order and case; terms of `ENGLISH` stand for Danish words.
    texts : callable
        The texts of an item, and how much a hit in each counts, 1 at least.

    Examples
    --------
    >>> lists = ["Ledige", "Sanktioner", "Ledige i kommunen"]
    >>> [hit.item for hit in search("ledige kommune", lists, lambda item: [(item, 1.0)]).hits]
    ['Ledige i kommunen']
    >>> search("unemployed xyz", lists, lambda item: [(item, 1.0)]).nowhere
    ('xyz',)
    """
    words = _words_of(text)
    looked = [(item, [(shown, fold(shown), weight) for shown, weight in texts(item)]) for item in items]
    found = [[_best(word.folded, each, _fit) for word in words] for _, each in looked]
    for place, word in enumerate(words):
        if len(word.folded) > 4 and not any(row[place] for row in found):
            for row, (_, each) in zip(found, looked, strict=True):
                row[place] = _best(word.folded, each, _nearly)
    somewhere = [place for place in range(len(words)) if any(row[place] for row in found)]
    rows = [
        ([hit for place in somewhere if (hit := row[place])], item)
        for row, (item, _) in zip(found, looked, strict=True)
    ]
    whole = [pair for pair in rows if len(pair[0]) == len(somewhere) > 0]
    best = whole or [pair for pair in rows if pair[0] and 2 * len(pair[0]) >= len(somewhere)]
    best.sort(key=lambda pair: -sum(score for score, _ in pair[0]))
    return Findings(
        tuple(Hit(item, tuple(dict.fromkeys(shown for _, shown in hits))) for hits, item in best),
        tuple(word.typed for place, word in enumerate(words) if place not in somewhere),
        every=bool(whole) or not best,
    )


def _words_of(text: str) -> list[_Word]:
    rest, words = f" {' '.join(text.casefold().split())} ", []
    for term in sorted(ENGLISH, key=len, reverse=True):
        if match := re.search(rf" {re.escape(term)}(?:es|s)? ", rest):
            words.append(_Word(match[0].strip(), fold(ENGLISH[term])))
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    return words + [_Word(word, fold(word)) for word in re.findall(r"\w+", rest)]


def _best(
    word: str, texts: Sequence[tuple[str, str, float]], fit: Callable[[str, Sequence[str]], float]
) -> tuple[float, str] | None:
    """The best hit of a word among texts, and the text; of equals the first."""
    stem = word[: max(4, len(word) - 2)]
    best: tuple[float, str] | None = None
    for shown, folded, weight in texts:
        # Only the nearly fitting may lack the beginning of the word.
        if fit is _nearly or stem in folded:
            score = weight * fit(word, re.findall(r"\w+", folded))
            if score and (best is None or score > best[0]):
                best = score, shown
    return best


def _fit(word: str, words: Sequence[str]) -> float:
    if word in words:
        return 4.0
    if any(other.startswith(word) for other in words):
        return 3.0
    if any(word in other for other in words):
        return 2.0
    # Danish endings: "kommuner" is looked for, "kommune" stands there.
    if any(len(other) >= 4 and word.startswith(other) and len(word) <= len(other) + 2 for other in words):
        return 1.0
    return 0.0


def _nearly(word: str, words: Sequence[str]) -> float:
    near = any(_one_letter_off(word, other[: len(word) + d]) for other in words for d in (-1, 0, 1))
    return 0.01 if near else 0.0


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
