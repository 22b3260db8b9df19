"""Tables, areas and totals as people call them: taken where they mean one thing, else refused with the word to use."""

from __future__ import annotations

import re

import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.errors import QueryError, QueryWarning


@pytest.mark.parametrize(
    ("by", "labels"),
    [
        ({"Kommune": ["0751", "461"]}, ["Odense", "Aarhus"]),
        ({"Kommune": "Aarhus Kommune"}, ["Aarhus"]),
        ({"_nykom": "Copenhagen"}, ["København"]),
        ({"Region": ["1081", "Sjælland"]}, ["Region Sjælland", "Region Nordjylland"]),
        ({"Kommune": ["Total", "I alt"]}, ["Hele landet"]),
    ],
)
def test_areas_go_by_their_codes_and_spellings_and_the_total_by_its_words(reader, by, labels):
    frame = reader.read("y25i01", by=by, periods=1)
    assert sorted(frame["Område"]) == sorted(labels)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (
            {"Kommune": "Nordjylland"},
            "It is one of '_region' (Region) and of '_reko' (Region og kommune): by={'_region': 'Nordjylland'}.",
        ),
        (
            {"Region": "Aarhus"},
            "It is one of '_nykom' (Kommune) and of '_reko' (Region og kommune): by={'_nykom': 'Aarhus'}.",
        ),
        ({"Kommune": "alle"}, "Say '*' for all of them."),
        ({"Kommune": "0999"}, "has no member '0999' (of 100). table.members('_nykom') lists them."),
        ({"A-kasse": "0751"}, "has no member '0751'"),
        ({"Kommune": "Aarhus, Ærø"}, "(of 100). Several stand in a list: by={'_nykom': ['Aarhus', 'Ærø']}."),
        (
            {"Region": "Region Fyn"},
            " or 'Region Sjælland'? It has: 'Hele landet'; 'Region Hovedstaden'; 'Region Sjælland'; 'Region Syddanmark'; 'Region",
        ),
        (
            "Total",
            "by='Total' names no dimension. Those that are not named stand at their total: leave it out.",
        ),
        ("Område", "Name one by its id. For instance by='_nykom'."),
        ("Køn", "ji.tables('Køn') finds tables that have it."),
        ("Kommun", "Did you mean 'Kommune'"),
        (["Region", "Kommune"], "'_reko' (Region og kommune) has the levels of both: by={'_reko': '*'}."),
        (["Region", "_hele_landet"], "by={'_region': '*'}. Or ask for one of them"),
        (
            {"Kommune": "Aarhus", "_nykom": "Odense"},
            "'Kommune' and '_nykom' are two names of one hierarchy, '_nykom'. Name it once, with all members: by={'_nykom': [...]}.",
        ),
        ("Kommune=Aarhus", "is the command line's way to name members; here it is by={'Kommune': 'Aarhus'}."),
    ],
)
def test_a_name_that_stands_for_nothing_here_is_refused_with_the_word_to_use(reader, by, message):
    with pytest.raises(QueryError, match=re.escape(message)):
        reader.plan("y25i01", by=by)


def test_two_breakdowns_of_one_dimension_that_no_third_holds_are_for_two_calls(reader):
    with pytest.raises(
        QueryError, match=r"'Område'\. Ask for one of them, and for the other in a second call"
    ):
        reader.plan("y01h01", by=["Region", "Kommune"])


def test_an_advice_of_a_message_can_be_followed(reader):
    for by in ({"_region": "Nordjylland"}, {"_reko": "*"}, {"_nykom": "Aarhus"}):
        assert reader.plan("y25i01", by=by).cells


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("https://jobindsats.dk/databank/y25i01", "Did you mean 'y25i01'?"),
        ("https://api.jobindsats.dk/v3/data/Y01H01?mgroup.*=*", "Did you mean 'y01h01'?"),
        ("x" * 500, "xxx… among the"),
    ],
)
def test_an_address_is_told_from_the_id_in_it(reader, table, message):
    with pytest.raises(QueryError, match=re.escape(message)) as told:
        reader.read(table)
    assert len(str(told.value)) < 250


def test_a_table_instead_of_its_id_is_told_its_id(reader):
    with pytest.raises(QueryError, match="such as 'y01h01'"):
        reader.read(reader.table("y01h01"))


def test_a_long_search_is_told_short(reader):
    for ask in (reader.tables, reader.find):
        with pytest.warns(QueryWarning) as told:
            ask(" ".join(f"qqq{number}" for number in range(90)))
        assert len(str(told[-1].message)) < 400


def test_a_frame_without_cells_names_the_client_that_reads_it_again(reader):
    frame = reader.read("y25i01", by="A-kasse", periods=1).iloc[:0]
    with pytest.raises(ji.errors.ProvenanceError, match=r"client=client\), with the ji.Client of http://127"):
        frame.jobindsats.audit()


def test_a_table_of_the_sandbox_shows_which_one_it_is(api):
    assert repr(api.tables["y25i01"]) == "SyntheticTable('y25i01', seed=1, levels='inside', number=0)"
