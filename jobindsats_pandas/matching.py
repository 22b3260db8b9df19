"""Names as people type them: what a name stands for, and what is said where it stands for nothing or for several.

Dimensions, hierarchies, levels and measures, of a table or of the cells of a frame, are all resolved by `find`, and
refused by `no_such` and `several`.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, TypeVar

from jobindsats_pandas.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["did_you_mean", "find", "find_measures", "fold", "nearest", "no_such", "several"]

T = TypeVar("T")

#: So many things are listed where a name stands for none of them; all measures of a table, not all municipalities.
_MOST_LISTED = 30

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
    import difflib  # here, not above: most names are right

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


def find(name: str, things: Iterable[T], *tiers: Callable[[T], Iterable[str]]) -> list[T]:
    """Return the things that a name stands for: those of the first tier of texts in which it stands at all.

    Letter for letter in any tier counts before a text that differs in case or in how æ, ø and å are spelt.

    Parameters
    ----------
    name : str
    things : iterable
    tiers : callable
        Each gives some of the texts that a thing goes by; ids come first.

    Examples
    --------
    >>> find("aarhus", ["Aarhus", "ÅRHUS", "Odense"], lambda text: [text])
    ['Aarhus', 'ÅRHUS']
    >>> find("Aarhus", ["Aarhus", "ÅRHUS", "Odense"], lambda text: [text])
    ['Aarhus']
    """
    things = list(things)
    for wanted, as_compared in ((name, str), (fold(name), fold)):
        for texts in tiers:
            found = [thing for thing in things if wanted in map(as_compared, texts(thing))]
            if found:
                return found
    return []


def no_such(holder: str, what: str, name: object, options: Iterable[Sequence[str]]) -> QueryError:
    """Say that a name stands for nothing, with the nearest ones and all that there are.

    Parameters
    ----------
    holder, what : str
        Such as ``"Table y25i01"`` and ``"measure"``.
    name : object
        What was given.
    options : iterable of sequence of str
        What each thing goes by; the first of them is quoted.

    Examples
    --------
    >>> print(no_such("The frame", "measure", "antl", [("Antal", "m1"), ("Pct.", "m2")]))
    The frame has no measure 'antl'. Did you mean 'Antal'? It has: 'Antal' (m1); 'Pct.' (m2).
    """
    texts = [tuple(dict.fromkeys(text for text in goes_by if text)) for goes_by in options]
    near = did_you_mean(str(name), [text for goes_by in texts for text in goes_by])
    given = repr(str(name) if isinstance(name, str) else name)
    given = given if len(given) <= 60 else f"{given[:57]}…"
    return QueryError(f"{holder} has no {what} {given}.{near} It has: {_listed(texts)}.")


def several(holder: str, what: str, name: str, options: Sequence[Sequence[str]]) -> QueryError:
    """Say that a name stands for more than one thing.

    Examples
    --------
    >>> print(several("Table y25i01", "measure", "Antal", [("m1", "Unge"), ("m2", "Ældre")]))
    Table y25i01 has 2 measures named 'Antal': 'm1' (Unge); 'm2' (Ældre). Name one by its id.
    """
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    texts = [tuple(dict.fromkeys(text for text in goes_by if text)) for goes_by in options]
    return QueryError(
        f"{holder} has {len(texts)} {plural} named {name!r}: {_listed(texts)}. Name one by its id."
    )


def _listed(options: Iterable[Sequence[str]]) -> str:
    listed = [
        repr(first) + (f" ({', '.join(rest)})" if rest else "") for first, *rest in dict.fromkeys(options)
    ]
    others = len(listed) - _MOST_LISTED
    return "; ".join([*listed[:_MOST_LISTED], *([f"and {others:,} others"] if others > 0 else [])]) or "none"


def find_measures(name: str, measures: Iterable[T], goes_by: Callable[[T], tuple[str, str]]) -> list[T]:
    """Return the measures that a name stands for: by their id, by their column, and by their column without its group.

    Parameters
    ----------
    name : str
    measures : iterable
    goes_by : callable
        The id and the column of a measure; the column is the name, behind the group's where that has several.

    Examples
    --------
    >>> find_measures("karantæne", [("m1", "Antal sanktioner: Karantæne")], lambda measure: measure)
    [('m1', 'Antal sanktioner: Karantæne')]
    """

    def texts(measure: T) -> Iterator[str]:
        words = goes_by(measure)[1].split(": ")
        return (": ".join(words[start:]) for start in range(len(words)))

    return find(name, measures, lambda measure: goes_by(measure)[:1], texts)
