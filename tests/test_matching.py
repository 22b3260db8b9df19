"""Names as people type them: folded, and the nearest of those there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.matching import did_you_mean, fold, nearest, no_such


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Ærø", "aeroe"),
        ("ÅRHUS", "Aarhus"),
        ("A\N{COMBINING RING ABOVE}rhus", "Aarhus"),
        ("\N{ANGSTROM SIGN}rhus", "Aarhus"),
        ("Høje-Taastrup", "HOEJE-TÅSTRUP"),
        ("Hele\u00a0landet ", "hele  landet"),
        ("Café", "cafe"),
        ("ǿ", "oe"),
        ("ǽ", "ae"),
        ("ǻ", "aa"),
        ("STRASSE", "straße"),
    ],
)
def test_names_are_equal_however_their_letters_are_spelt(left, right):
    assert fold(left) == fold(right)


@pytest.mark.parametrize(
    ("left", "right"), [("Stat", "Start"), ("o", "ø"), ("a", "å"), ("Region 1", "Region1")]
)
def test_names_that_differ_stay_different(left, right):
    assert fold(left) != fold(right)


@given(st.text(max_size=12))
def test_what_is_folded_folds_to_itself(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcæøåÆØÅ -", max_size=12))
def test_case_and_the_spelling_of_danish_letters_never_matter(text):
    spelt = text.replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    assert fold(text) == fold(text.upper()) == fold(spelt)


def test_the_nearest_names_come_first_as_they_are_written():
    assert nearest("arhus", ["Aalborg", "Århus", "Odense"]) == ["Århus"]
    assert nearest("nordjyl", ["Region Nordjylland", "Region Sjælland"]) == ["Region Nordjylland"]
    assert len(nearest("m", [f"M{number}" for number in range(9)], count=2)) == 2
    assert nearest("", ["Odense"]) == []
    assert nearest("qqq", ["Odense"]) == []


def test_the_question_names_all_that_is_near_or_says_nothing():
    assert did_you_mean("odens", ["Odense"]) == " Did you mean 'Odense'?"
    assert did_you_mean("kommun", ["kommune", "kommuner"]) == " Did you mean 'kommune' or 'kommuner'?"
    assert did_you_mean("qqq", ["Odense"]) == ""


def test_what_there_is_is_listed_and_not_a_thousand_of_it():
    told = str(no_such("The release", "member", "x", [(f"{n}",) for n in range(1050)]))
    assert told.startswith("The release has no member 'x'. It has: '0'; '1'; ")
    assert told.endswith("'28'; '29'; and 1,020 others.")
    assert str(no_such("The release", "member", "x", [])).endswith("It has: none.")
