"""The language of a picture: every sentence stands in Danish where it is used, and once more here in English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from jobindsats_pandas.danish import danish_number
from jobindsats_pandas.periods import parse_period

__all__ = ["DANISH", "Language"]

_MONTHS = {
    "da": ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}

_ENGLISH = {
    # What cells are.
    "Ingen tal imellem": "No figures between",
    "Diskretioneret: 0–{limit}": "Hidden: 0–{limit}",
    "Afrundet: højst {limit}": "Rounded: at most {limit}",
    "Diskretioneret\n(grænsen kendes ikke)": "Hidden\n(the limit is not known)",
    "(mærke under aksen)": "(mark below the axis)",
    "Udfyldt, ikke offentliggjort": "Filled in, not published",
    "diskretioneret": "hidden",
    "0–{limit}, diskretioneret": "0–{limit}, hidden",
    "højst {limit}, afrundet": "at most {limit}, rounded",
    "ikke offentliggjort endnu": "not published yet",
    "ikke offentliggjort": "not published",
    "ikke i udtrækket": "not in this frame",
    "{number} (udfyldt)": "{number} (filled in)",
    "Skjulte tal: 0–{limit} hver,\nlagt øverst": "Hidden cells: 0–{limit} each,\nput on top",
    "Skjulte tal på det højeste,\nlagt øverst": "Hidden cells at their most,\nput on top",
    "Øvrige {count}": "Other {count}",
    # What is left out, and where it comes from.
    "Uden total: {names}.": "Without the total: {names}.",
    "Uden totaler: {names}.": "Without totals: {names}.",
    "{names} og {count} andre": "{names} and {count} others",
    "{names} og {count} andre uoplyste": "{names} and {count} other unknown ones",
    ", herunder {names},": ", {names} among them,",
    "Vist er de {most} største af {count} (gennemsnit af de synlige tal); {gone}{lost} er ikke vist{unseen}.": (
        "Shown are the {most} largest of {count} (by the mean of the visible figures); {gone}{lost} are not{unseen}."
    ),
    " ({count} af dem har skjulte tal)": " ({count} of them have hidden cells)",
    "Ikke offentliggjort endnu: {count} tal ({span}).": "Not published yet: {count} cells ({span}).",
    "{first} til {last}": "{first} to {last}",
    "{span}, {count} perioder": "{span}, {count} periods",
    "Ikke i data, og ikke tegnet: {count} kombinationer.": "Not in the data, and not drawn: {count} combinations.",
    "Aksen begynder ikke ved 0.": "The axis does not begin at 0.",
    "Tabellen har tal for {known} af de {count} måneder fra {first} til {last}.": (
        "The table has figures for {known} of the {count} months from {first} to {last}."
    ),
    "Tabellen har tal for {known} af de {count} kvartaler fra {first} til {last}.": (
        "The table has figures for {known} of the {count} quarters from {first} to {last}."
    ),
    "Tabellen har tal for {known} af de {count} år fra {first} til {last}.": (
        "The table has figures for {known} of the {count} years from {first} to {last}."
    ),
    "Tabellen har tal for {known} af de {count} perioder fra {first} til {last}.": (
        "The table has figures for {known} of the {count} periods from {first} to {last}."
    ),
    "Kilde: {publisher}, {table}": "Source: {publisher}, {table}",
    ", opdateret {day}": ", updated {day}",
    " (ældre svar, hentet {day})": " (an older answer, fetched {day})",
    (
        "Hvor tal er skjult, er andelene af summen med hvert skjult tal på sit højeste: de viste dele fylder mindst så"
        " meget som tegnet."
    ): (
        "Where cells are hidden, shares are of the sum with each hidden cell at its highest: the parts shown are at least"
        " as large as drawn."
    ),
    "Vist er {shown} alene, den nyeste af {count} perioder.": "Shown is {shown} alone, the newest of {count} periods.",
    "Vist er den første og den sidste af {count} perioder.": "Shown are the first and the last of {count} periods.",
    "Hver kommune er et felt, anbragt omtrent som på kortet.": (
        "Each municipality is a tile, placed about as on the map."
    ),
    "Ikke på kortet: {names}.": "Not on the map: {names}.",
    # Classes of numbers.
    "under {high}": "under {high}",
    "{low} og derover": "{low} and over",
    "{low}–{high}": "{low}–{high}",
    # Units.
    "beregnet": "computed",
    "fuldtidspersoner": "full-time persons",
    "personer": "persons",
    "virksomheder": "firms",
    "antal": "number",
    "pct.": "per cent",
    "kr.": "DKK",
    "pct. af summen": "per cent of the sum",
    "pct. af højst mulige sum": "per cent of the largest possible sum",
    # The audit.
    "Hvor tallene er skjult": "Where the figures are hidden",
    "Pct. skjulte tal efter {what}": "Per cent hidden by {what}",
    "mål": "measure",
    "ingen skjult": "none hidden",
    "højst 5 pct.": "up to 5 per cent",
    "{low}–{high} pct.": "{low}–{high} per cent",
    "Ingen skjulte tal": "No hidden cells",
    "{hidden} af {count} tal er diskretionerede ({share} pct.)": "{hidden} of {count} cells are hidden ({share} per cent)",
    ", {count} er afrundede": ", {count} are rounded",
    ", {count} er udfyldte": ", {count} are filled in",
    "Vist er de {most} med flest skjulte tal af {count}; de øvrige{lost} har {rest} tilsammen.": (
        "Shown are the {most} with most hidden cells of {count}; the others{lost} have {rest} together."
    ),
    "{count} beregnede tal er ikke talt med.": "{count} computed cells are not counted.",
}


@dataclass(frozen=True)
class Language:
    """Danish or English.

    Attributes
    ----------
    code : {"da", "en"}

    Examples
    --------
    >>> Language("da").say("Øvrige {count}", count=5), Language("en").say("Øvrige {count}", count=5)
    ('Øvrige 5', 'Other 5')
    """

    code: str = "da"

    def say(self, danish: str, **values: Any) -> str:
        """Fill values into a sentence that is written in Danish; whole numbers as the language groups them."""
        sentence = danish if self.code == "da" else _ENGLISH[danish]
        return sentence.format(
            **{
                name: self.number(value) if isinstance(value, int) else value
                for name, value in values.items()
            }
        )

    def word(self, danish: str) -> str:
        """A word that comes from a measure's name: in English where it is a known one, else as it stands."""
        return danish if self.code == "da" else _ENGLISH.get(danish, danish)

    def number(self, number: float, decimals: int = 0) -> str:
        """A number as the language writes it.

        Examples
        --------
        >>> Language("da").number(-1234.5, 1), Language("en").number(-1234.5, 1)
        ('−1.234,5', '−1,234.5')
        """
        text = danish_number(number, decimals)
        return text if self.code == "da" else text.translate(str.maketrans(",.", ".,"))

    def day(self, text: object) -> str:
        """A day that is written as ``2026-09-03``; the empty text if it is none.

        Examples
        --------
        >>> Language("da").day("2026-09-03T08:00"), Language("en").day("2026-09-03"), Language("da").day(None)
        ('3.9.2026', '3 Sep 2026', '')
        """
        found = re.match(r"(\d{4})-(\d\d)-(\d\d)", str(text))
        if not found:
            return ""
        year, month, day = map(int, found.groups())
        return f"{day}.{month}.{year}" if self.code == "da" else f"{day} {_MONTHS['en'][month - 1]} {year}"

    def period(self, period: str) -> str:
        """A period's name; other types than months, quarters and years stand as they are.

        Examples
        --------
        >>> [Language("da").period(name) for name in ("2026M05", "2025Q04", "2024Y01", "2025QMAT02")]
        ['maj 2026', '4. kvt. 2025', '2024', '2025QMAT02']
        >>> Language("en").period("2026M05"), Language("en").period("2025Q04")
        ('May 2026', 'Q4 2025')
        """
        key = parse_period(period)
        if key is not None and key.letters == "M":
            return f"{_MONTHS[self.code][key.number - 1]} {key.year}"
        if key is not None and key.letters == "Q":
            return f"{key.number}. kvt. {key.year}" if self.code == "da" else f"Q{key.number} {key.year}"
        return str(key.year) if key is not None and key.letters == "Y" else period


DANISH = Language()
"""What pictures are written in, unless another one is asked for."""
