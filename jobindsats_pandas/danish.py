"""What files and pictures say in Danish: numbers, statuses, kinds of measures, and the rules for reading them."""

from __future__ import annotations

from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.kinds import Kind

__all__ = ["KINDS", "MARKS", "MARKS_EXPLAINED", "RULES", "STATUSES", "danish_number"]

# What a cell says in a workbook, by what it says in a frame; the rest (<3, ≤3, ≤5) needs no translation.
MARKS = {"hidden": "skjult", "n/a": "foreligger ikke", "NaN": "ikke i udtrækket"}
STATUSES = {
    CellStatus.OBSERVED: "vist",
    CellStatus.DISCRETIONISED: "diskretioneret",
    CellStatus.NOT_AVAILABLE: "foreligger ikke",
    CellStatus.ABSENT: "udeladt",
    CellStatus.ROUNDED: "afrundet",
    CellStatus.DERIVED: "beregnet",
    CellStatus.FILLED: "udfyldt",
    CellStatus.HOLE: "findes ikke i dette udtræk",
}
KINDS = {
    Kind.PERSONS: "personer: kan ikke lægges sammen",
    Kind.FULL_TIME: "fuldtidspersoner: kan lægges sammen over grupper (på nær afrunding), ikke over perioder",
    Kind.STOCK: "bestand: kan lægges sammen over grupper, ikke over perioder",
    Kind.FLOW: "antal i perioden: kan lægges sammen over grupper og over perioder",
    Kind.MONEY: "beløb: kan lægges sammen over grupper og over perioder",
    Kind.NONE: "andel, gennemsnit eller andet: kan ikke lægges sammen",
}
MARKS_EXPLAINED = [
    ("<3", "Diskretioneret: tallet er 0, 1 eller 2 og vises ikke, så enkeltpersoner ikke kan genkendes."),
    ("≤3", "Diskretioneret: et afrundet antal fuldtidspersoner på højst 3, som ikke vises."),
    ("skjult", "Diskretioneret: tallet vises ikke, og der kendes ingen grænser for det."),
    ("foreligger ikke", "Tallet er ikke offentliggjort (endnu) eller giver ikke mening."),
    ("–", "Kombinationen findes ikke i data og tæller som 0."),
    (
        "ikke i udtrækket",
        "Her står ingen celle: pladsen er opstået, da tabellen blev stillet op, og betyder ikke 0.",
    ),
    ("≤5", "Afrundet: tabellen viser 5 for hvert lille tal; tallet kan være alt fra 0 til 5."),
    ("kursiv tal", "Beregnet eller udfyldt af brugeren; ikke offentliggjort."),
]
RULES = [
    (
        "Data er diskretioneret og kan ikke uden videre lægges sammen. SUM og pivottabeller springer tekst over uden at"
        " sige det, så en sum over celler med <3, ≤3, skjult eller foreligger ikke bliver for lille."
    ),
    "Personer kan være i flere grupper og perioder og tælles én gang i hver; totalen er den offentliggjorte række.",
    "Totaler og deres dele kan stå i samme kolonne (fx Hele landet ved siden af kommunerne); læg dem aldrig sammen.",
    "Andele, gennemsnit og varigheder kan aldrig lægges sammen.",
    "Data er levende: tidligere perioder kan blive revideret, så hent dem igen.",
]


def danish_number(number: float, decimals: int = 0) -> str:
    """A number as Danes write it.

    Examples
    --------
    >>> danish_number(1234567.891, 1), danish_number(0.25, 2)
    ('1.234.567,9', '0,25')
    """
    text = f"{number:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return text.replace("-", "\N{MINUS SIGN}")
