from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.matching import did_you_mean, fold, nearest, ranked


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


def found(search: str, *texts: str) -> list[str]:
    return ranked(search, texts, lambda text: [(text, 1.0)])


@pytest.mark.parametrize(
    ("search", "better", "worse"),
    [
        ("ledige", "Ledige", "Ledigeres"),
        ("ledig", "Ledige", "Langtidsledige"),
        ("kommuner", "Kommuner", "Kommune"),
    ],
)
def test_a_word_counts_more_than_a_beginning_a_piece_and_a_shorter_ending(search, better, worse):
    assert found(search, worse, better) == [better, worse]


@pytest.mark.parametrize("slip", ["ledgie", "ledie", "leddige", "ladige", "ledigd"])
def test_one_wrong_letter_is_forgiven_in_a_long_word_where_nothing_fits_better(slip):
    assert found(slip, "Ledige", "Sanktioner") == ["Ledige"]
    assert found(slip, "Ledige", slip) == [slip]


@pytest.mark.parametrize(
    ("search", "text"), [("hxk", "HK"), ("lgdigt", "Ledige"), ("!", "!"), ("", "Ledige")]
)
def test_other_words_find_nothing(search, text):
    assert found(search, text) == []


def test_every_word_comes_before_half_of_the_words_and_less_than_half_is_nothing():
    assert found("ledige kommune", "Ledige", "Ledige i kommunen") == ["Ledige i kommunen"]
    assert found("langtidsledige kommune", "Langtidsledige", "Sanktioner") == ["Langtidsledige"]
    assert found("ledige kommune køn", "Ledige", "Sanktioner") == []


def test_nothing_to_search_in_is_no_hit():
    assert ranked("ledige", ["x"], lambda _: []) == []


@given(st.permutations(["ledige", "KOMMUNER", "aeroe"]))
def test_the_order_of_the_words_does_not_matter(words):
    texts = [("Ledige fordelt på kommuner", 2.0), ("Ærø", 1.0)]
    assert ranked(" ".join(words), ["x"], lambda _: texts) == ["x"]
