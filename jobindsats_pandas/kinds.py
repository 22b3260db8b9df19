"""What may be added: the kind of a measure, read from its Danish name.

The API names its measures and says nothing else about them, so the name decides, together with the name of its
group. It is read as Danish grammar has it: what is counted is the last word before the first one that qualifies
it (*i, med, uden, der, …*), so *Antal sanktioner til ledige* counts sanctions, *Antal personer med sanktioner*
persons, and *Antal med sanktioner*, where the noun is left out, persons too. Compounds are one word whose end says
what they are: a *forløbsdeltager* is a participant. A rate beats every noun, and a noun that no list holds adds to
nothing: a refused sum costs a look, a wrong one is believed.
"""

from __future__ import annotations

import math
import re
from enum import StrEnum
from functools import lru_cache
from os.path import commonprefix
from typing import TYPE_CHECKING, NamedTuple, Self

from jobindsats_pandas.patterns import compiled_later

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ROUNDED_TABLES", "Kind", "is_count", "kind_of_estimate", "measure_kind"]


class Kind(StrEnum):
    """What a measure counts; with that, what may be added, and what a hidden cell may be: one row for each kind.

    Attributes
    ----------
    largest_hidden : float
        The largest number that a hidden cell can stand for; the smallest is 0. NaN where no rule tells.
    mark : str
        How a hidden cell is shown.
    over_parts, over_periods : bool
        Whether parts of one period add, and whether months, quarters, years or weeks do.

    Examples
    --------
    >>> Kind.FLOW.mark, Kind.FLOW.over_periods
    ('<3', True)
    >>> Kind("full-time persons").largest_hidden
    3.0
    """

    _value_: str
    largest_hidden: float
    mark: str
    over_parts: bool
    over_periods: bool

    # Persons, or firms: whoever is in two parts, or in two periods, is counted twice.
    PERSONS = "persons", 2, "<3", False, False
    FULL_TIME = "full-time persons", 3, "≤3", True, False
    STOCK = "stock", 2, "<3", True, False
    FLOW = "flow", 2, "<3", True, True
    MONEY = "money", math.inf, "hidden", True, True
    # Rates, averages, durations, and names that nobody knows: nothing is known of it.
    NONE = "none"

    def __new__(
        cls,
        word: str,
        largest_hidden: float = math.nan,
        mark: str = "hidden",
        over_parts: bool = False,
        over_periods: bool = False,
    ) -> Self:
        """Read a row."""
        kind = str.__new__(cls, word)
        kind._value_ = word
        kind.largest_hidden, kind.mark = float(largest_hidden), mark
        kind.over_parts, kind.over_periods = over_parts, over_periods
        return kind


ROUNDED_TABLES = {"y25i14": 5}
"""Tables that hide by rounding instead: the number they show for every small cell."""

_MOST_CAREFUL_FIRST = (Kind.NONE, Kind.PERSONS, Kind.FULL_TIME, Kind.STOCK, Kind.FLOW, Kind.MONEY)

# --- the words ------------------------------------------------------------------------------------------------------


def _ending(*stems: str) -> re.Pattern[str]:
    """Words that end so: the end of a compound says what it is."""
    return compiled_later(f"(?:{'|'.join(stems)})$")


# The first that fits: full-time persons are no persons, "udgiftsgrænse" no money, places of work no places.
_NOUNS = {
    Kind.FULL_TIME: _ending(
        r"(?:fuldtids|helårs)\w*(?:person(?:er|erne)|ledige|aktiverede|modtagere|deltagere|beskæftigede|omregnede)",
        r"årsværk(?:ene)?|helårsværk",
    ),
    # Rates, durations, levels of pay, differences, and what a moment holds of money: they add to nothing.
    Kind.NONE: _ending(
        r"(?:varighed|grad|(?<!pa)rate|frekvens|kvote|ratio|score|anciennitet|effekt|dækning|omfang)(?:en|er|n|r|et)?",
        r"(?:tilfreds|rettidig|hyppig|sandsynlig)hed|(?:intens|kval|effektiv|produktiv|kapac)itet|\bmål|måltal|prognose",
        r"(?:indkomst|(?<!efter)løn|(?<!ind)sats|takst|pris|grænse|formue|restance|niveau)(?:en|er|n|r|et|erne)?",
        r"(?:mindste|minimums|maksimums|enheds|fri|rådigheds|måneds|dags|time)(?:beløb|udgift(?:er)?|betaling)",
        r"lønninger|gæld|saldo|budget(?:ter)?",
        r"(?:vækst|ændring|udvikling|forskel|difference|afvigelse|stigning)(?:en|er)?|\bfald",
        r"netto(?:til|af)gang(?:en)?|(?<!hel)(?<!fuld)(?<!del)tid(?:en|er)?",
        r"(?:dag|måned|minutt|kvartal|(?<!br)ug|tim)er?(?:ne)?|mdr|årsager(?:ne)?",
    ),
    Kind.MONEY: _ending(
        r"(?:udgift|omkostning|refusion|betaling|indtægt)(?:er|erne)|(?:udgift|refusion|betaling)(?:en)?",
        r"beløb(?:et)?|lønsum(?:men)?|overførs(?:el|ler)|besparelser?|provenu",
    ),
    Kind.PERSONS: _ending(
        r"person(?:er|erne)?|ledige?|(?:borger|modtager|deltager|betaler|tager|yder|søger|bruger|forsørger)(?:e|ne)?",
        r"(?:kursist|elev|lærling|dimittend|pensionist|kandidat|senior|mentor|akademiker)(?:e|er|erne)?",
        r"medlem(?:mer|merne)?|jobbere|efterlønnere|forældre|indbyggere|befolkning(?:en)?|arbejdsstyrken?|cpr-?numre",
        r"aktiverede?|sanktionerede|forsikrede|beskæftigede?|sygemeldte?|visiterede?|ansatte?|tilmeldte|varslede",
        r"ansøgere|flygtninge|udlændinge|\bpar|enlige|(?:stud|søg|forsørg)ende",
        r"virksomhed(?:er|erne)?|arbejdsgivere?|arbejdssteder|arbejdspladser|enheder|cvr-?numre|husstande|familier",
        r"kommuner|a-kasser|jobcentre|institutioner",
    ),
    Kind.FLOW: _ending(
        r"(?:sanktion|samtale|klage|møde|opsigelse|afskedigelse|afgørelse|henvendelse|tilkendelse|udeblivelse)e?r(?:ne)?",
        r"(?:underretning|henvisning|ansøgning|afslutning|partshøring|fyring|varsling|betaling|melding|åbning)er(?:ne)?",
        r"(?:opfølgning|indberetning|indstilling|vurdering|visitation|registrering|orientering|aflysning)er(?:ne)?",
        r"varsler|(?:til|fra)trædelser|kontakter(?:ne)?|besøg(?:ene)?|opkald|afslag|konkurser",
    ),
    # Job adverts may stay up into the next month; nothing tells whether they are counted once.
    Kind.STOCK: _ending(
        r"forløb(?:ene)?|opslag(?:ene)?|sager(?:ne)?|rekrutteringsforsøg|ansættelsesforhold",
        r"(?:stilling|pension|ansættelse|rekruttering|ordning|annonce|aftale|plan|plads|kontrakt)e?r(?:ne)?",
        r"(?:bevilling|indsats|praktikk|arbejdsfordeling)er(?:ne)?",
    ),
}
# One form for singular and plural, and a state of persons as often: counted only where the name says "Antal".
_STATES = _ending(r"job", r"tilbud(?:dene)?", r"tilskud", r"praktik", r"(?:ressource|jobafklarings)forløb")
# What stands for persons where it stands alone ("Antal jobparate"), and for a part where the group names a noun
# ("Antal sanktioner: Mænd").
_PERSONAL = _ending(
    r"ede|te|ende|[dl]ige|parate|klare|løse|syge|raske|svage|ere|ister|kvinder|mænd|årige|unge|ældre|børn"
)

_PARTICIPLE = r"(?:t|te|et|ede|ne|met|es)"
_MOVES = compiled_later(
    r"\w*(?:til|af)gang(?:e|en)?|nye?|nyt"
    r"|(?:ny|gen)?(?:(?:på)?begynd|afslutt?|afhold|(?:op)?start|oprett|genoptag|igangsat|iværksat|ophør|indgå|modtag|indkom|afgjor"
    rf"|gennemfør|fuldfør|afbrud|etabler|udløb|tilkend){_PARTICIPLE}"
    rf"|ny(?:opslå|registrer|anmeld|bevilg|udsted){_PARTICIPLE}|ny(?:ansættelser|opslag|tilkendelser)"
)
_STANDS = compiled_later(
    r"\w*bestand(?:en)?|\w*beholdning(?:en)?|primo|ultimo|igangværende|verserende|aktive|aktuelle"
    r"|u(?:afslutt|behandl)ede"
)
_STANDS_AT = compiled_later(
    r"\b(?:primo|ultimo|udgang(?:en)?|slutning(?:en)?)\b"
    rf"|\bikke[ -](?:er |blevet )*(?:{_MOVES.pattern})\b"
)
_CUMULATED = compiled_later(
    r"kumuler|kumulativ|til[ -]dato|\b[åy]td\b|rullende|glidende|hidtil|indtil nu|løbet af (?:året|et år|de\b|\d)"
    r"|(?:seneste|sidste|foregående) (?:\d+|år|halvår|kvartal|to|tre|fire|seks|tolv)\b|\bsiden \w"
)
_SHARES = compiled_later(r"\bpct\b|procent|promille|%|(?<!h)andel(?:en|e|s)?\b")
_AVERAGES = compiled_later(
    r"\bgns\w*|\bgens\b|snit|middelværdi|median|\bpr\b|\bper\b|indeks|\bminus\b|i forhold til|\bift\b"
)
# A group headed so holds averages of what its measures name, even of what they call "Antal".
_AVERAGED = compiled_later(r"(?:gennemsnit(?:ligt antal)?|gnsn|median|indeks|pr|per)\b")
_CORRECTED = compiled_later(
    r"sæsonkorriger\w*|maks\w*|minim\w*|højeste|laveste|største|mindste|typiske?|forvente\w*"
)
_DISTINCT = compiled_later(r"\b(?:unikke?|forskellige|distinkte)\b")
_KRONER = compiled_later(r"\bkr\b|kroner")
_THOUSANDS = compiled_later(r"(?:1\.?000|tusinde?|\bmio|\bmia|\bmill\w*|\bt)\.? ?(?:kr\b|kroner)")

# --- the grammar ----------------------------------------------------------------------------------------------------

_DIVIDES = compiled_later(
    r"fordelt|opdelt|opgjort|omregnet|svarende|målt|inkl|ekskl|inklusive?|eksklusive?|heraf|herunder|hvoraf"
)
_QUALIFIES = compiled_later(
    rf"{_DIVIDES.pattern}|i|med|uden|på|til|for|fra|efter|der|som|hvis|hvor|af|ved|hos|inden|indenfor|under|over"
    r"|mellem|mod|om|blandt|når|via|vedrørende|vedr|før|siden|gennem|pga|jf|iht|mht|ifm|vha|indtil|udover|ifølge"
    r"|seneste|sidste|foregående|omfattet|klar|har|får|fik|modtager|mangler|afventer|§"
)
_ANTAL = compiled_later(r"\bantal(?:let)?\b(?: og andel(?:en)?\b)?(?: af\b)?[ ,:(]*")
_COUNTED = compiled_later(r"(?:(?:heraf|herunder|primo|ultimo|\w*[te]) ){0,3}?antal\b")
_OF_MOVED = compiled_later(r"\b((?!netto)\w*(?:tilgang|afgang|bestand|beholdning)\w*) af ")
_FILLERS = compiled_later(r"\bi ?alt\b|\btotalt?\b|\bm\.? ?[vm]\b|\bd(?:e|en|et)\b|\b[\w-]+-,")
_IN_FULL_TIME = compiled_later(
    r"\b(?:(?:omregnet|opgjort|svarende|målt) (?:til|i) (?:fuldtid\b|årsværk)"
    r"|(?:(?:omregnet|opgjort|svarende|målt) (?:til|i)|i) (?:fuldtids|helårs)person)"
)
_NUMBER = r"\d[\d.,]*(?:(?: ?[-–] ?| til | og | eller )\d[\d.,]*)?"
_COMPARED = (
    r"(?:(?:på|over|under|mindst|højst|mellem|fra|op til|(?:mere|mindre|flere|færre) end|en|et|ca\.?) )"
)
# "Varighed over 26 uger", "80 pct.", "indtægt på mere end 10.000 kr. pr. måned": a condition and no unit.
_CONDITION = compiled_later(
    r"(?:\b\w*(?:varighed|grad|anciennitet|alder|tid|løn|indkomst|indtægt)(?P<between>[ \n]))?(?:"
    rf"{_COMPARED}*{_NUMBER} ?(?:pct\b\.?|procent\b|%|(?:dag|ug|måned|tim)(?:e|er|ers|s)?\b|mdr\b\.?|års?\b)"
    rf"|{_COMPARED}+{_NUMBER} ?kr\b\.?)(?: (?:pr\.?|om) (?:uge|måned|dag|time|år)(?:en|n|et)?\b)?"
)
_MONTH = r"(?:jan|feb|mar|apr|maj|jun|jul|aug|sep|okt|nov|dec)\w*"
_ON_A_DATE = compiled_later(
    rf"\bpr\.? (?:\d{{1,2}}\. ?{_MONTH}|{_MONTH}|\d{{4}}\b|dato\b|(?=primo|ultimo|udgang))"
)
_PARTS = compiled_later(r",(?!\d)|[;:()]| [-–] | og (?=antal)")
# "Anden kontakt" beside "Fysiske samtaler": so many contacts; but "Første kontakt" is none of them.
_CONTACTS = compiled_later(
    r"\b(?:(?:anden|øvrig|digital|skriftlig|telefonisk|elektronisk|fysisk|personlig) kontakt|\w+kontakt)\b"
)
_CLAUSE = compiled_later(r",(?= (?:der|som) )")
# "Samtaler: 3+", "Ingen samtaler": so many had each of those whom nobody names.
_HOW_MANY = compiled_later(
    r"(?:(?:over|under|mindst|højst|præcis|(?:mere|flere|færre) end) )?(?:\d+(?: ?[-–] ?\d+)?\+?|ingen|nul|én|to|tre)"
    r"(?: (?:eller|og) (?:flere|derover|mere))?(?: [^\W\d]+)?"
)
_WORD = compiled_later(r"[§%]|\w[\w-]*")


class _Part(NamedTuple):
    """A part of a name, up to a comma or a bracket: a noun phrase, and what qualifies it."""

    counted: bool
    phrase: list[str]
    rest: list[str]

    @classmethod
    def of(cls, text: str) -> _Part:
        counted = _COUNTED.match(text) is not None
        words = _WORD.findall(text)
        if counted:
            words.remove("antal")
        if words[:1] == ["heraf"] or words[:1] == ["herunder"]:
            del words[0]
        ends = (place for place, word in enumerate(words) if _QUALIFIES.fullmatch(word))
        # "Primo antal sager", but "forløb ultimo perioden".
        late = (place for place, word in enumerate(words) if place and word in ("primo", "ultimo"))
        end = min((*ends, *late), default=len(words))
        return cls(counted, words[:end], words[end:])

    @property
    def moves(self) -> bool:
        """Whether what is counted begins or ends: "afsluttede sager", "sager, der er afsluttet"."""
        clause = self.rest[1:3] if self.rest[:1] in (["der"], ["som"]) else []
        verb = clause[1:] if clause[:1] in (["er"], ["blev"], ["bliver"]) else clause[:1]
        return any(map(_MOVES.fullmatch, [*self.phrase, *verb]))

    @property
    def ends_in_movement(self) -> bool:
        return any(map(_MOVES.fullmatch, self.phrase[-1:]))

    @property
    def stands(self) -> bool:
        return any(map(_STANDS.fullmatch, self.phrase))

    def heads(self, *, counted: bool) -> set[Kind]:
        """What is counted, from each noun that "og" joins; empty where nothing is known.

        A participle may follow its noun ("personer tilmeldt"), and an adjective joined to another is no noun
        ("ledige og aktiverede fuldtidspersoner").
        """
        if any(map(_CORRECTED.fullmatch, self.phrase)) and "ikke" not in self.phrase:
            return {Kind.NONE}
        counted |= self.moves
        *others, last = " ".join(self.phrase).replace(" eller ", " og ").split(" og ")
        found = {_head(last.split(), counted=counted)}
        for words in others:
            kind = _head(words.split(), counted=counted)
            if kind is not Kind.PERSONS or not words.endswith("e") or words.endswith("ere"):
                found.add(kind)
        return {kind for kind in found if kind}

    def unknown(self) -> str:
        """The last word that is no movement, where no list of nouns holds it."""
        words = [word for word in self.phrase if not _MOVES.fullmatch(word) and not _STANDS.fullmatch(word)]
        return words[-1] if words else ""


def _head(words: list[str], *, counted: bool) -> Kind | None:
    for word in reversed(words):
        kind = _noun(word, counted=counted)
        if kind:
            return kind
        if not (_MOVES.fullmatch(word) or _STANDS.fullmatch(word) or word.endswith("t") or word == "netto"):
            return None
    return None


def _noun(word: str, *, counted: bool) -> Kind | None:
    """The kind of a noun. "Antal" counts things, so what follows it is not money."""
    if _STATES.search(word):
        return Kind.STOCK if counted else None
    for kind, nouns in _NOUNS.items():
        if nouns.search(word) and not (counted and kind is Kind.MONEY):
            return kind
    return None


class _Reading(NamedTuple):
    """What a name, or a group's name, says.

    `nouns` are the kinds of what is counted, several where the name joins several; `hint` is the kind that it has
    where its group has no noun either.
    """

    text: str
    counted: bool
    nouns: frozenset[Kind]
    hint: Kind | None
    moves: bool
    stands: bool

    @classmethod
    def of(cls, text: str) -> _Reading:
        plain = _plain(text)
        first, *later = (_Part.of(part.strip()) for part in _PARTS.split(plain))
        counted = first.counted or any(part.counted for part in later)
        nouns, hint = _of_phrase(first, counted=counted)
        for part in later:
            nouns = _with_later(nouns, part, counted=counted)
        return cls(
            text,
            counted,
            frozenset(_in_unit(nouns, text, counted=counted)),
            hint,
            first.moves or any(part.moves if part.counted else part.ends_in_movement for part in later),
            any(part.stands for part in (first, *later)) or _STANDS_AT.search(plain) is not None,
        )


def _plain(text: str) -> str:
    """The text in fewer forms: "antallet af" is "antal", "samt" is "og", "tilgang af sager" is "tilgang sager"."""
    text = _CLAUSE.sub("", _FILLERS.sub(" ", text)).replace("/", " og ").replace(" samt ", " og ")
    return _CONTACTS.sub("kontakter", _OF_MOVED.sub(r"\1 ", _ANTAL.sub("antal ", text)))


def _of_phrase(part: _Part, *, counted: bool) -> tuple[set[Kind], Kind | None]:
    """What the phrase counts, or else what it may count where the group says nothing."""
    nouns, word = part.heads(counted=counted), part.unknown()
    if nouns:
        return nouns, None
    personal = _PERSONAL.search(word) is not None
    if not counted:
        return set(), Kind.PERSONS if personal else None
    if word:
        return {Kind.PERSONS if personal else Kind.NONE}, None
    # "Antal med samtaler": the noun that is left out is persons.
    left_out = not part.phrase and part.rest and not _DIVIDES.fullmatch(part.rest[0])
    return {Kind.PERSONS} if left_out else set(), None


def _with_later(nouns: set[Kind], part: _Part, *, counted: bool) -> set[Kind]:
    """After a comma or in brackets stands a subgroup or a condition, which changes nothing, or a unit, which does."""
    if part.counted:
        return nouns | _of_phrase(part, counted=True)[0]
    units = part.heads(counted=counted) & {Kind.FULL_TIME, Kind.NONE, Kind.MONEY}
    last = part.phrase[-1] if part.phrase else ""
    if last == "personer":
        units.add(Kind.PERSONS)
    # Unlike "fuldtidsledige", which is a subgroup as well.
    in_full_time = Kind.FULL_TIME in units and nouns <= {Kind.PERSONS} and last.endswith(("personer", "værk"))
    return units if in_full_time else nouns | units


def _in_unit(nouns: set[Kind], text: str, *, counted: bool) -> set[Kind]:
    """What the nouns are, given what the whole text says of their unit."""
    if "deltid" in text and Kind.FULL_TIME in nouns:
        return {Kind.PERSONS}  # the two are ways to be employed or insured
    if _IN_FULL_TIME.search(text) and nouns <= {Kind.PERSONS}:
        return {Kind.FULL_TIME}
    if counted:
        return nouns
    if not nouns and (_THOUSANDS.search(text) or re.search(r"\budbetalte?\b", text)):
        return {Kind.MONEY}
    return {Kind.NONE} if _KRONER.search(text) and nouns != {Kind.MONEY} else nouns


def _most_careful(kinds: Iterable[Kind]) -> Kind | None:
    return min(kinds, key=_MOST_CAREFUL_FIRST.index, default=None)


def _split(name: str, group: str) -> tuple[str, str]:
    """Name and group, in lower case; the API writes ``group: measure`` where a group holds several measures."""
    name, group = " ".join(name.split()).casefold(), " ".join(group.split()).casefold()
    before, colon, after = name.partition(": ")
    if colon and after:
        return after, group if before in group else f"{group}: {before}" if group else before
    return name, group


@lru_cache(maxsize=4096)
def _readings(name: str, group: str) -> tuple[_Reading, _Reading]:
    """Read both names; a condition may begin in the one and end in the other, as in "Varighed: 0-13 uger"."""
    name, group = _split(name, group)
    both = _ON_A_DATE.sub("ultimo ", f"{group}\n{name}")
    both = _CONDITION.sub(lambda found: f"{found['between'] or ''}§", both)
    group, _, name = both.partition("\n")
    return _Reading.of(name), _Reading.of(group)


def _is_rate(own: _Reading, whole: _Reading) -> bool:
    if _SHARES.search(own.text) or _AVERAGES.search(own.text) or _AVERAGED.match(whole.text):
        return True
    # A group such as "Antal og andel" holds both; a name that says "Antal" itself is then the count.
    if _AVERAGES.search(whole.text) and not (own.counted and own.nouns):
        return True
    return _SHARES.search(whole.text) is not None and not own.counted


def _has_them(own: _Reading, whole: _Reading) -> bool:
    """Whether a name tells how many of what its group names somebody has: "Samtaler: 3+", "Samtaler: Uden samtale"."""
    if not re.match("(?:med|uden|har|får|fik|der|som) ", own.text):
        return _HOW_MANY.fullmatch(own.text) is not None
    return any(len(word) > 3 and word in whole.text for word in _WORD.findall(own.text))


def _counted_kind(own: _Reading, whole: _Reading) -> Kind | None:
    """The noun of the measure's own name, unless that is one of the parts that its group is divided into."""
    kind, of_group = _most_careful(own.nouns), _most_careful(whole.nouns)
    divided = re.search("fordelt|opdelt", whole.text)
    if (
        not own.counted
        and not divided
        and {kind, of_group} & {Kind.STOCK, Kind.FLOW}
        and _has_them(own, whole)
    ):
        return Kind.NONE
    if kind is None:
        return of_group or own.hint or whole.hint
    if of_group is None or own.counted or kind in whole.nouns or kind is Kind.FULL_TIME:
        return kind
    if kind is Kind.PERSONS and divided:
        return of_group
    return _most_careful([kind, of_group])


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
    own, whole = _readings(name, group)
    if _is_rate(own, whole):
        return Kind.NONE
    kind = _counted_kind(own, whole)
    stands = own.stands or (whole.stands and not own.moves)
    moves = not stands and (own.moves or whole.moves)
    cumulated = _CUMULATED.search(f"{_split(name, group)}") is not None
    if moves and re.search(r"\bnetto\b", own.text):
        return Kind.NONE
    if kind is None:
        return _movement(f"{whole.text} {own.text}", moves=moves, stands=stands or cumulated)
    if kind is Kind.STOCK and moves:
        kind = Kind.FLOW
    # Full-time persons who came or went are persons counted in a period, of which no rule is known.
    if kind is Kind.FULL_TIME and moves:
        return Kind.NONE
    if kind in {Kind.FLOW, Kind.STOCK} and _DISTINCT.search(f"{whole.text} {own.text}"):
        return Kind.PERSONS  # counted once in each group
    if stands or cumulated:
        return {Kind.FLOW: Kind.STOCK, Kind.MONEY: Kind.NONE}.get(kind, kind)
    return kind


def _movement(text: str, *, moves: bool, stands: bool) -> Kind:
    """What "Tilgang" or "Ultimo" counts where nothing says what came or stood: no persons, if none are named."""
    named = {_noun(word, counted=True) for word in _WORD.findall(text)}
    if Kind.FULL_TIME in named or not (stands or (moves and re.search(r"(?:til|af)gang(?:e|en)?\b", text))):
        return Kind.NONE
    if Kind.PERSONS in named:
        return Kind.PERSONS
    return Kind.STOCK if stands else Kind.FLOW


def kind_of_estimate(rate: str, count: str) -> Kind:
    """What a published rate times a count counts, where the rate's name says that it is per one of those counted.

    Parameters
    ----------
    rate, count : str
        Names of measures.

    Examples
    --------
    >>> kind_of_estimate("Gnsn. udbetaling pr. person, kr.", "Antal personer med udbetaling")
    <Kind.MONEY: 'money'>
    >>> kind_of_estimate("Gnsn. antal sanktioner pr. sanktioneret ledig", "Antal sanktioner i alt")
    <Kind.NONE: 'none'>
    """
    rate, count = (name.rpartition(": ")[2].casefold() for name in (rate, count))
    found = _PER.fullmatch(rate)
    words = _LETTERS.findall(count.partition("(")[0])
    if not found or words[:1] != ["antal"] or "," in count:
        return Kind.NONE
    noun, counted = _LETTERS.findall(found["noun"]), words[1:]
    qualified = counted[len(noun) : len(noun) + 1]
    if len(counted) < len(noun) or not all(map(_same_word, noun, counted)) or set(qualified) - _PREPOSITIONS:
        return Kind.NONE
    before = _AVERAGE.sub("", found["before"])
    kind = measure_kind(before)
    return Kind.MONEY if kind is Kind.NONE and _PAID.fullmatch(before.partition(",")[0]) else kind


# "… pr. person", "… pr. sanktioneret ledig, kr.": what there is so much of for each.
_PER = compiled_later(r"(?P<before>.+?)\s+pr\.\s+(?P<noun>[^\W\d]+(?:\s+[^\W\d]+)*)\s*(?:,.*)?")
_LETTERS = compiled_later(r"[^\W\d_]+")
_AVERAGE = compiled_later(r"(?:gnsn\.?|gns\.?|gennemsnitlig[te]?)\s+")
# Of one person they are a level, of all of them together so much money.
_PAID = compiled_later(r"(?:\w+ )?(?:[\w-]*ydelse|(?:brutto|netto)?løn)(?:n|r|nen)?")
_PREPOSITIONS = frozenset(("af", "der", "for", "fra", "i", "med", "på", "som", "til", "uden"))
_ENDINGS = frozenset(("", "d", "de", "e", "en", "ene", "er", "erne", "et", "n", "ne", "r", "t", "te"))


def _same_word(one: str, other: str) -> bool:
    """Whether two Danish words differ by their endings alone."""
    stem = len(commonprefix([one, other]))  # noqa: RUF071 - characters are meant
    return stem >= 4 and one[stem:] in _ENDINGS and other[stem:] in _ENDINGS


def is_count(name: str, group: str = "") -> bool:
    """Whether a measure holds whole numbers: a count, whatever it counts.

    Examples
    --------
    >>> is_count("Antal aktiverede"), is_count("Andel sanktionerede ledige")
    (True, False)
    """
    kind = measure_kind(name, group)
    if kind is Kind.NONE:
        own, whole = _readings(name, group)
        return own.counted and not _is_rate(own, whole)
    return kind is not Kind.MONEY
