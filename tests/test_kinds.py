"""A measure's kind, from its Danish name."""

from __future__ import annotations

import pytest

from jobindsats_pandas.kinds import ROUNDED_TABLES, Kind, is_count, looks_rounded, measure_kind

KINDS = {
    Kind.PERSONS: [
        "Antal ledige personer",
        "Antal personer, tilgang",
        "Antal personer med opbrugt dagpengeret",
        "Antal aktiverede",
        "Antal sanktionerede ledige",
        "Antal efterlønsbidragsbetalere",
        "Antal kontanthjælpsmodtagere",
        "Antal langtidsledige",
        "Antal i lønmodtagerbeskæftigelse / uddannelse 3 mdr. efter opbrugt dagpengeret",
        "Antal virksomheder",
        "Antal ledige i mindst 26 uger",
        "Antal personer: Tilgang",
        "Ledige: Mænd",
    ],
    Kind.FULL_TIME: [
        "Antal ledige fuldtidspersoner",
        "Antal fuldtidsaktiverede",
        "Antal fuldtidsledige",
        "Antal aktiverede fuldtidspersoner",
        "Antal helårspersoner",
    ],
    Kind.STOCK: [
        "Antal forløb",
        "Antal sager",
        "Antal sager: Ultimo",
        "Antal forløb for personer med job",
        "Jobopslag",
    ],
    Kind.FLOW: [
        "Antal sanktioner i alt",
        "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)",
        "Antal sanktioner til ledige",
        "Antal sager, tilgang",
        "Antal påbegyndte forløb",
        "Antal afholdte samtaler",
        "Tilgang",
        "Antal afgang",
    ],
    Kind.MONEY: ["Udgifter i 1.000 kr.", "Udbetalt beløb", "Udgifter: Kontanthjælp"],
    Kind.NONE: [
        "Andel sanktionerede ledige",
        "Gnsn. antal sanktioner pr. sanktioneret ledig",
        "Ledige fuldtidspersoner i pct. af arbejdsstyrken 16-66 år",
        "Fuldtidsaktiverede i pct. af arbejdsstyrken",
        "Ledighedsgrad",
        "Aktiveringsgraden",
        "Gnsn. varighed i uger",
        "Gennemsnitlig ventetid",
        "Gnsn. varighed: Mænd",
        "Antal og andel: I alt",
        "Antal personer pr. 1.000 indbyggere",
        "Antal fuldtidspersoner, tilgang",
        "Antal cykler",
        "Noget andet",
        "",
    ],
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in KINDS.items() for name in names])
def test_a_name_tells_its_kind(kind, name):
    assert measure_kind(name) is kind


def test_the_group_helps_where_the_name_says_nothing():
    assert measure_kind("Andre", "Antal sanktioner fordelt på type") is Kind.FLOW
    assert measure_kind("Tilgang", "Antal personer") is Kind.PERSONS
    assert (
        measure_kind("Antal efterlønsbidragsbetalere", "Antal og andel efterlønsbidragsbetalere")
        is Kind.PERSONS
    )
    assert measure_kind("Efterlønsbidragsbetalere", "Andel efterlønsbidragsbetalere") is Kind.NONE
    assert measure_kind("Kontanthjælp", "Udgifter") is Kind.MONEY
    assert measure_kind("Type: Andre", "Antal sanktioner") is Kind.FLOW
    assert measure_kind("Type: Andre", "Antal sanktioner fordelt på type: Andre") is Kind.FLOW


def test_case_and_spaces_do_not_matter():
    assert measure_kind("  ANTAL   Sanktioner ") is Kind.FLOW


def test_counts_are_whole_numbers_and_everything_else_is_decimal():
    assert is_count("Antal aktiverede")
    assert is_count("Jobopslag")
    assert is_count("Antal cykler")
    assert is_count("Antal fuldtidspersoner, tilgang")
    assert not is_count("Andel aktiverede")
    assert not is_count("Udgifter i 1.000 kr.")
    assert not is_count("Noget andet")


def test_a_measure_that_shows_fives_alone_looks_rounded():
    assert looks_rounded(fives=20, one_to_four=0, nulls=0)
    assert not looks_rounded(fives=19, one_to_four=0, nulls=0)
    assert not looks_rounded(fives=500, one_to_four=1, nulls=0)
    assert not looks_rounded(fives=500, one_to_four=0, nulls=1)
    assert ROUNDED_TABLES == {"y25i14": 5}
