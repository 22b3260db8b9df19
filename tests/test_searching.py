"""Searching by words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.searching import ENGLISH, search


def found(words: str, *texts: str) -> list[str]:
    return [hit.item for hit in search(words, texts, lambda text: [(text, 1.0)]).hits]


@pytest.mark.parametrize(
    ("words", "better", "worse"),
    [
        ("ledige", "Ledige", "Ledigeres"),
        ("ledig", "Ledige", "Langtidsledige"),
        ("kommuner", "Kommuner", "Kommune"),
    ],
)
def test_a_word_counts_more_than_a_beginning_a_piece_and_a_shorter_ending(words, better, worse):
    assert found(words, worse, better) == [better, worse]


@pytest.mark.parametrize("slip", ["ledgie", "ledie", "leddige", "ladige", "ledigd"])
def test_one_wrong_letter_is_forgiven_in_a_long_word_where_nothing_fits_better(slip):
    assert found(slip, "Ledige", "Sanktioner") == ["Ledige"]
    assert found(slip, "Ledige", slip) == [slip]


@pytest.mark.parametrize(("words", "text"), [("hxk", "HK"), ("lgdigt", "Ledige"), ("!", "!"), ("", "Ledige")])
def test_other_words_find_nothing(words, text):
    assert found(words, text) == []


def test_every_word_comes_before_half_of_the_words_and_less_than_half_is_nothing():
    assert found("ledige kommune", "Ledige", "Ledige i kommunen") == ["Ledige i kommunen"]
    halves = search("ledige fonde", ["Ledige", "Fonde", "Andre"], lambda text: [(text, 1.0)])
    assert [hit.item for hit in halves.hits] == ["Ledige", "Fonde"]
    assert not halves.every
    assert found("ledige kommune kvinder", "Ledige", "Kommune", "Kvinder") == []


def test_a_word_that_stands_nowhere_is_told_and_the_others_are_found():
    findings = search("dagpenge xyzzy", ["Dagpenge", "Sanktioner"], lambda text: [(text, 1.0)])
    assert ([hit.item for hit in findings.hits], findings.nowhere, findings.every) == (
        ["Dagpenge"],
        ("xyzzy",),
        True,
    )


@pytest.mark.parametrize(
    ("word", "text"), [("syge", "Antal sager"), ("lede", "Lige"), ("ledigd", "Sanktioner")]
)
def test_letters_are_not_forgiven_in_short_words_nor_where_they_are_too_many(word, text):
    assert found(word, text) == []


def test_a_wrong_letter_is_forgiven_only_where_no_text_anywhere_holds_the_word():
    assert found("ledige", "Ledige", "Ledihe") == ["Ledige"]
    assert found("ledihe", "Ledige", "Sanktioner") == ["Ledige"]
    assert found("ledihe", "Ledige", "Ledihe") == ["Ledihe"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("unemployed", "Antal ledige"),
        ("Unemployment  Benefit", "Dagpengemodtagere"),
        ("unemployment benefits", "Dagpengemodtagere"),
        ("sickness benefit", "Sygedagpenge"),
        ("long-term unemployed women", "Langtidsledige kvinder"),
        ("municipality", "Kommuner"),
    ],
)
def test_english_terms_lead_to_the_danish_ones(words, text):
    assert found(words, "Andet", text) == [text]


def test_there_are_at_least_thirty_english_terms_and_none_is_spelt_in_two_ways():
    assert len(ENGLISH) >= 30
    assert all(term == " ".join(term.casefold().split()) for term in ENGLISH)


def test_nothing_to_search_in_is_no_hit():
    assert search("ledige", ["x"], lambda _: []).hits == ()
    assert search("ledige", [], lambda _: []).nowhere == ("ledige",)


@given(st.permutations(["ledige", "KOMMUNER", "aeroe"]))
def test_the_order_of_the_words_does_not_matter(words):
    texts = [("Ledige fordelt på kommuner", 2.0), ("Ærø", 1.0)]
    (hit,) = search(" ".join(words), ["x"], lambda _: texts).hits
    assert set(hit.texts) == {"Ledige fordelt på kommuner", "Ærø"}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("sickness", "Sygedagpenge"),
        ("sick pay", "Sygedagpenge"),
        ("flexjobs", "Fleksjob"),
        ("municipalities", "Kommune"),
        ("copenhagen", "København"),
        ("jutland", "Region Nordjylland"),
    ],
)
def test_english_words_for_benefits_and_places_are_understood(words, text):
    assert found(words, text, "Sanktioner")[0] == text
