"""What may be added: the kind of a measure, read from its Danish name.

The API names its measures and says nothing else about them, so the name decides, together with the name of
its group. The first noun that one of the tables below knows settles the kind, for in *Antal sanktioner til
ledige* the sanctions are counted and in *Antal ledige, tilgang* the persons. A rate beats every noun, and a
name without a known noun adds to nothing: a refused sum costs a look, a wrong one is believed.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

__all__ = ["ROUNDED_TABLES", "Kind", "is_count", "looks_rounded", "measure_kind"]


class Kind(StrEnum):
    """What a measure counts, and with that, what may be added.

    ==================  ==========  ============
    kind                over parts  over periods
    ==================  ==========  ============
    PERSONS (or firms)  no          no
    FULL_TIME           yes         no
    STOCK               yes         no
    FLOW                yes         yes
    MONEY               yes         yes
    NONE                no          no
    ==================  ==========  ============
    """

    PERSONS = "persons"
    FULL_TIME = "full-time persons"
    STOCK = "stock"
    FLOW = "flow"
    MONEY = "money"
    NONE = "none"


ROUNDED_TABLES = {"y25i14": 5}
"""Tables that hide by rounding instead: the number they show for every small cell."""

_RATES = re.compile(
    r"\bandel|\bpct\b|procent|promille|%|\bgnsn\b|gennemsnit|grad(?:en)?\b|varighed|\bpr\b|\bper\b|indeks|median"
    r"|\brate\b|frekvens|\bvækst|ændring|udvikling|\btid\b|ventetid|\bdage\b|\buger\b|\bmåneder\b|\btimer\b"
)
_MONEY = re.compile(r"\bkr\b|kroner|udgift|beløb|\bmio\b|\bmia\b|refusion|lønsum")
_NOUNS = {
    Kind.FULL_TIME: re.compile(r"fuldtids\w*|helårs\w*|\bårsværk\w*"),
    Kind.PERSONS: re.compile(
        r"(?:person(?:er|erne)?\b|ledige?\b|modtagere?\b|borgere?\b|aktiverede?\b|sanktionerede\b|\w*dimittender?\b"
        r"|deltagere?\b|medlemmer\b|forsikrede\b|betalere?\b|kursister\b|elever\b|sygemeldte?\b|beskæftigede?\b"
        r"|\bi \w*beskæftigelse\b|\bi uddannelse\b|lønmodtagere?\b|årige\b|kvinder\b|mænd\b|unge\b|flygtninge\w*"
        r"|indvandrere?\b|visiterede?\b|ansatte\b|pensionister\b|studerende\b|jobsøgende\b|virksomhed(?:er|erne)?\b"
        r"|arbejdsgivere?\b|arbejdssteder\b|arbejdspladser\b)(?! (?:\w+ )?fuldtids)"
    ),
    Kind.FLOW: re.compile(
        r"\bsanktioner(?:ne)?\b|\bsamtaler(?:ne)?\b|opsigelser\b"
        r"|\bunderretninger\b|\bklager\b|\bafgørelser\b|\bhenvisninger\b"
    ),
    # Job adverts may stay up into the next month; nothing tells whether they are counted once.
    Kind.STOCK: re.compile(
        r"forløb(?:ene)?\b|\bsager(?:ne)?\b|\btilbud(?:dene)?\b|\bstillinger\b|\bjobopslag(?:ene)?\b|stillingsopslag\w*"
    ),
}
# These words turn what is under way into what began or ended in the period.
_MOVEMENT = re.compile(r"tilgang|afgang|påbegynd|afslutte|afholdt|nystarte|\bnye\b|oprettede")


def _kind_of_noun(text: str) -> Kind:
    found = [(match.start(), kind) for kind, noun in _NOUNS.items() if (match := noun.search(text))]
    if not found:
        return Kind.FLOW if re.search(r"\b(?:tilgang|afgang)\b", text) else Kind.NONE
    kind = min(found)[1]
    if kind is Kind.STOCK and _MOVEMENT.search(text):
        return Kind.FLOW
    # Full-time persons who came or went are persons counted in a period, of which no rule is known.
    if kind is Kind.FULL_TIME and _MOVEMENT.search(text):
        return Kind.NONE
    return kind


def _split(name: str, group: str) -> tuple[str, str]:
    """Name and group, in lower case; the API writes ``group: measure`` where a group holds several measures."""
    name, group = " ".join(name.split()).casefold(), " ".join(group.split()).casefold()
    before, colon, after = name.partition(": ")
    if colon and after:
        return after, group if before in group else f"{group}: {before}" if group else before
    return name, group


@lru_cache(maxsize=4096)
def measure_kind(name: str, group: str = "") -> Kind:
    """Tell what a measure counts, from its name and the name of its group.

    Parameters
    ----------
    name : str
        The measure's name as published; ``"group: measure"`` is understood too.
    group : str, optional
        The name of its measure group.

    Returns
    -------
    Kind
        `Kind.NONE` for rates, averages, durations and every name that is not known.

    Notes
    -----
    That data cannot simply be summed is STAR's own rule; which measures add, and how far, was read off
    published totals beside their parts.

    Examples
    --------
    >>> measure_kind("Antal ledige personer")
    <Kind.PERSONS: 'persons'>
    >>> measure_kind("Andre (arbejdskrav)", "Antal sanktioner fordelt på type")
    <Kind.FLOW: 'flow'>
    >>> measure_kind("Antal personer, tilgang"), measure_kind("Antal sager, tilgang")
    (<Kind.PERSONS: 'persons'>, <Kind.FLOW: 'flow'>)
    """
    name, group = _split(name, group)
    counted = name.startswith("antal")
    if _RATES.search(name) and not (counted and _only_a_time_after(name)):
        return Kind.NONE
    # A group such as "Antal og andel" holds both; a name that says "Antal" itself is then the count.
    if _RATES.search(group) and not counted:
        return Kind.NONE
    if _MONEY.search(name) or (not counted and _MONEY.search(group)):
        return Kind.MONEY
    # With both names in hand the noun of the measure's own comes first, and the group's stands in where it has none;
    # but a measure "Tilgang" of a group of persons counts persons.
    own = _kind_of_noun(name)
    if own is Kind.NONE or not any(noun.search(name) for noun in _NOUNS.values()):
        return _kind_of_noun(f"{group}: {name}")
    return own


def _only_a_time_after(name: str) -> bool:
    """Whether the only words of a rate are a span of time, as in "3 mdr. efter" or "i mindst 26 uger"."""
    return not _RATES.search(re.sub(r"\b(?:\d+(?:-\d+)?)\s+(?:dage|uger|måneder|timer)\b", "", name))


def is_count(name: str, group: str = "") -> bool:
    """Whether a measure holds whole numbers: a count, whatever it counts.

    Examples
    --------
    >>> is_count("Antal aktiverede"), is_count("Andel sanktionerede ledige")
    (True, False)
    """
    kind = measure_kind(name, group)
    if kind is Kind.NONE:
        return _split(name, group)[0].startswith("antal")
    return kind is not Kind.MONEY


def looks_rounded(fives: int, one_to_four: int, nulls: int) -> bool:
    """Whether a measure looks as if its table hid by rounding to 5, though `ROUNDED_TABLES` does not know it.

    Parameters
    ----------
    fives, one_to_four, nulls : int
        How many cells of the measure show 5, show 1 to 4, show nothing.

    Examples
    --------
    >>> looks_rounded(fives=312, one_to_four=0, nulls=0)
    True
    """
    return fives >= 20 and one_to_four == 0 and nulls == 0
