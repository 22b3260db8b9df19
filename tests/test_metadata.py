"""What a table offers, as its metadata list it: levels, members, totals, and how they are found by name."""

from __future__ import annotations

import copy
import json
import random
from datetime import date

import pandas as pd
import pytest
from builders import (
    AREA,
    FUNDS,
    OFFERS,
    catalogue_table,
    dimension,
    encode,
    group,
    hierarchy,
    level,
    months,
    numbered,
    parse,
    period_type,
    subject,
    table,
    table_document,
    total,
)
from effort import effort
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobindsats_pandas.catalogue import parse_subjects, parse_tables, search_tables
from jobindsats_pandas.errors import PayloadError, QueryError
from jobindsats_pandas.metadata import parse_table

CATALOGUE = [
    subject(
        "A-dagpenge",
        catalogue_table("y25i01", "Ledige og ledighedsprocent fordelt på kommuner"),
        catalogue_table(
            "y28a15",
            "Antal efterlønsbidragere",
            mgroups=[{"mgroup_name": "Øremærkede", "measures": [{"measure_name": "Høje beløb"}]}],
        ),
    ),
    subject(
        "Kontanthjælp",
        catalogue_table("Y25I01", "Ledige og ledighedsprocent fordelt på kommuner"),
        subject_id="2",
    ),
    subject("Førtidspension", catalogue_table("ptv_a02", "Tilkendelser", dimensions=["Årsag"]), subject_id=3),
]


def found(search):
    return list(search_tables(parse_tables(encode(CATALOGUE)), search)[0].table_id)


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        ("y28a15", ["y28a15"]),
        ("Y28A15", ["y28a15"]),
        ("kommuner ledige", ["y25i01"]),
        ("LEDIGE kommuner", ["y25i01"]),
        ("efterloensbidragere", ["y28a15"]),
        ("EFTERLØNSBIDRAGERE", ["y28a15"]),
        ("øremærkede", ["y28a15"]),
        ("oeremaerkede", ["y28a15"]),
        ("høje beløb", ["y28a15"]),
        ("årsag", ["ptv_a02"]),
        ("aarsag", ["ptv_a02"]),
        ("kontanthjaelp", ["y25i01"]),
        ("førtidspension", ["ptv_a02"]),
        ("berørte kommuner", ["y25i01"]),
        ("findes ikke", []),
        ("  ", ["y25i01", "y28a15", "ptv_a02"]),
        (None, ["y25i01", "y28a15", "ptv_a02"]),
    ],
)
def test_a_search_finds_by_id_name_subject_measure_and_dimension(search, ids):
    assert found(search) == ids


def test_a_table_listed_twice_stands_once_in_the_catalogue():
    twice = subject("S", catalogue_table(), catalogue_table("Y25I01"))
    assert search_tables(parse_tables(encode([twice])))[0].subject.tolist() == ["S"]


def test_the_best_hit_of_a_search_comes_first():
    tables = [
        catalogue_table("a", "Andet", mgroups=[{"mgroup_name": "Ledige"}]),
        catalogue_table("b", "Ledige"),
    ]
    entries = parse_tables(encode([subject("S", *tables)]))
    assert list(search_tables(entries, "ledige")[0].table_id) == ["b", "a"]


def test_the_catalogue_is_a_frame_of_texts_dates_and_links():
    frame, _ = search_tables(parse_tables(encode(CATALOGUE)))
    assert list(frame.columns) == [
        "table_id",
        "table_name",
        "subject",
        "update_freq",
        "update_latest",
        "update_next",
        "link_tablepage",
        "link_infopage",
    ]
    assert frame.subject[0] == "A-dagpenge; Kontanthjælp"
    assert frame.update_next[0] == pd.Timestamp("2026-08-27")
    assert {str(frame[name].dtype) for name in frame.columns} == {"str", "datetime64[s]"}
    empty, _ = search_tables(())
    assert empty.dtypes.equals(frame.dtypes)
    assert empty.empty


def test_a_table_with_nothing_but_an_id_stands_in_the_catalogue():
    bare = [
        {"subject_name": None, "table_groups": [{"tables": [{"table_id": 7, "update_next": "9999-12-31"}]}]},
        {},
    ]
    frame, _ = search_tables(parse_tables(encode(bare)))
    assert frame.loc[0, ["table_id", "table_name", "subject", "update_freq"]].tolist() == ["7", "7", "", ""]
    assert frame.update_latest.isna().all()
    assert frame.update_next[0].year == 9999


@pytest.mark.parametrize(
    "periods",
    [
        None,
        [{"periodtype_id": "M"}],
        ["M", "Q"],
        {
            "period_first_date": "2007-01-01",
            "period_last_date": "2026-06-30",
            "periodtypes": [{"periodtype_id": "M", "period_first": "2007M01", "period_last": "2026M06"}],
        },
        {"periodtypes": None},
    ],
)
def test_the_catalogue_takes_both_forms_of_periods(periods):
    assert len(parse_tables(encode([subject("S", catalogue_table(periods=periods))]))) == 1


@pytest.mark.parametrize(
    ("field", "damage", "message"),
    [
        ("table_id", None, "list of tables: the field 'table_id' is missing"),
        ("table_name", [], "Table y25i01 in the list of tables: the field 'table_name'"),
        (
            "update_next",
            "soon",
            "Table y25i01 in the list of tables: the field 'update_next' is 'soon', not a date",
        ),
        ("update_latest", {}, "'update_latest'"),
        ("mgroups", {}, "'mgroups'"),
        ("periods", "M", "'periods' is 'M', not a list"),
        ("dimensions", [[]], "'dimensions'"),
    ],
)
def test_damage_in_the_catalogue_names_the_table_and_the_field(field, damage, message):
    with pytest.raises(PayloadError, match=message):
        parse_tables(encode([subject("S", catalogue_table(**{field: damage}))]))


@pytest.mark.parametrize(
    "document", [[catalogue_table()], [{"subject_name": "S", "tables": [catalogue_table()]}], [{}]]
)
def test_a_catalogue_without_any_table_is_not_taken_for_an_empty_data_bank(document):
    with pytest.raises(PayloadError, match=r"list of tables: the field 'table_groups' holds no table"):
        parse_tables(encode(document))


def test_subjects_are_a_frame_whatever_their_ids_are():
    body = encode(
        [
            {
                "subject_group_id": 1,
                "subject_group_name": "Ydelser",
                "subjects": [{"subject_id": "a", "subject_name": "Dagpenge"}, {"subject_id": 2}],
            },
            {"subject_group_id": "x"},
        ]
    )
    frame = parse_subjects(body)
    assert frame.to_numpy().tolist() == [["1", "Ydelser", "a", "Dagpenge"], ["1", "Ydelser", "2", ""]]
    assert set(map(str, parse_subjects(encode([{"subject_group_id": "x"}])).dtypes)) == {"str"}
    with pytest.raises(PayloadError, match="list of subjects: the field 'subject_group_id' is missing"):
        parse_subjects(encode([{"subject_id": 1, "subject_name": "Dagpenge"}]))


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"<html>",
        b"",
        b"[5]",
        b'[{"subject_group_id": true, "subjects": [{}]}]',
        b"[" * 200_000,
        b'[{"subject_group_id": "\\ud800"}]',
    ],
)
def test_a_list_that_is_none_is_refused(body):
    with pytest.raises(PayloadError):
        parse_subjects(body)
    if b"subject_group" not in body:
        with pytest.raises(PayloadError):
            parse_tables(body)


# --- one table -------------------------------------------------------------------------------------------------------


def test_a_table_is_read_in_full():
    found = table()
    assert (found.id, found.update_freq, found.update_latest, found.update_next) == (
        "y25i01",
        "M",
        date(2026, 7, 26),
        date(2026, 8, 27),
    )
    assert [m.column for m in found.all_measures] == [
        "Ledige: Antal ledige personer",
        "Ledige: Antal ledige fuldtidspersoner",
        "Ledighed i pct. af arbejdsstyrken",
    ]
    assert [t.id for t in found.period_types] == ["M", "Q", "Y", "QMAT"]
    assert found.period_type("kvartal").periods == ("2024Q01", "2024Q02", "2024Q3", "2024Q04", "2025Q01")
    assert found.period_type("QMAT").periods == ("2022QMAT04", "2023QMAT01", "2023QMAT02")
    assert [t.frequency for t in found.period_types] == ["M", "Q-DEC", "Y-DEC", None]
    assert found.area.id == "_omrade"


def test_the_frames_of_a_table_tell_what_can_be_asked():
    found = table()
    assert found.measures.kind.tolist() == ["persons", "full-time persons", "none"]
    assert found.dimensions.hierarchies.tolist() == ["_nykom, _region", "_akassebl", "_tilb"]
    assert found.hierarchies[["hierarchy_id", "levels", "members", "has_total"]].to_numpy().tolist() == [
        ["_nykom", 2, 6, True],
        ["_region", 2, 3, True],
        ["_akassebl", 2, 4, True],
        ["_tilb", 3, 8, True],
    ]
    assert found.levels.members.tolist() == [1, 5, 1, 2, 1, 3, 1, 3, 4]
    assert found.members("Kommune").member_name.tolist()[:2] == ["Hele landet", "København"]
    assert found.members("tilbud").label.tolist() == [
        "Tilbud i alt",
        "Vejledning",
        "Nytteindsats i alt [Hovedgruppe]",
        "Løntilskud",
        "Nytteindsats i alt [Undergruppe]",
        "Stat [/3/1/]",
        "Kommune",
        "Stat [/1/1/]",
    ]
    assert found.periods("Q").period.tolist() == list(pd.period_range("2024Q1", "2025Q1", freq="Q"))
    assert found.periods().period_id.tolist() == months(2024, 28)
    assert isinstance(found.periods("QMAT").period.dtype, pd.CategoricalDtype)
    assert found.find("aeroe").member_id.tolist() == ["/492/"]
    assert found.find("nytteindsats").label.tolist() == [
        "Nytteindsats i alt [Hovedgruppe]",
        "Nytteindsats i alt [Undergruppe]",
    ]


def test_both_forms_of_periods_give_one_table():
    document = table_document()
    wrapped = {**document, "periods": {"period_first_date": "2024-01-01", "periodtypes": document["periods"]}}
    assert parse(wrapped) == parse(document)


@given(st.randoms(use_true_random=False))
def test_periods_in_any_order_give_one_table(rng):
    document = table_document()
    for item in document["periods"]:
        rng.shuffle(item["values"])
    assert parse(document) == table()


def test_ids_may_be_numbers():
    numbers = dimension(
        3,
        "Alder",
        hierarchy(
            31, "Alder", level(1, "I alt", [("/", "I alt")]), level(2, "Aldre", [(1, "16-24"), (2, "25-66")])
        ),
    )
    texts = dimension(
        "3",
        "Alder",
        hierarchy(
            "31",
            "Alder",
            level("1", "I alt", [("/", "I alt")]),
            level("2", "Aldre", [("1", "16-24"), ("2", "25-66")]),
        ),
    )
    fields = {"groups": [group(5, "G", (6, "Antal personer"))], "table_id": 25}
    found = table(numbers, **fields)
    assert found == table(
        texts, **{**fields, "groups": [group("5", "G", ("6", "Antal personer"))], "table_id": "25"}
    )
    assert found.id == "25"
    assert found.hierarchy("31").codes["2"] == 2


def test_only_ids_are_needed():
    document = {
        "table_id": "t",
        "periods": [{"periodtype_id": "M", "values": [{"period_id": "2026M01"}]}],
        "mgroups": [{"mgroup_id": "g", "measures": [{"measure_id": "m"}]}],
        "dimensions": [
            {
                "dimension_id": "d",
                "hierarchies": [
                    {"hierarchy_id": "h", "levels": [{"level_id": "l", "values": [{"value_id": "/"}]}]}
                ],
            }
        ],
    }
    found = parse(document)
    assert (found.name, found.update_latest, found.update_freq) == ("t", None, "")
    assert (found.all_measures[0].column, found.hierarchy("d").labels) == ("m", ("/",))
    assert found.default_period_type.id == "M"
    assert found.area is None
    assert "unknown, next unknown" in repr(found)
    del document["dimensions"]
    assert parse(document).structure == ()
    assert 'read_jobindsats("t", periods' in repr(parse(document))


def test_a_table_without_periods_or_measures_can_be_looked_at():
    found = table(periods=[], groups=[])
    assert "y25i01" in repr(found)
    with pytest.raises(QueryError, match=r"lists no periods"):
        found.periods()


def test_a_table_may_be_told_of_in_capitals():
    assert parse_table(encode(table_document(table_id="Y25I01")), "y25i01").id == "y25i01"


def test_an_answer_about_another_table_is_refused():
    body = encode(table_document())
    assert parse_table(body, "Y25I01").id == "y25i01"
    with pytest.raises(PayloadError, match=r"Table y01c01: the field 'table_id' is 'y25i01'"):
        parse_table(body, "y01c01")


def put(document, path, value):
    *path, last = path
    for key in path:
        document = document[key]
    document[last] = value


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (["table_id"], "", "table_id"),
        (["table_name"], True, "table_name"),
        (["update_next"], 20260827, "update_next"),
        (["update_latest"], ["2026-07-26"], "update_latest"),
        (["update_latest"], {"a": 1}, "update_latest"),
        (["update_latest"], "2026-02-30", "update_latest"),
        (["periods"], None, "periods"),
        (["periods"], {"periodtypes": None}, "periods"),
        (["periods"], 5, "periods"),
        (["periods", 0], "M", "periods"),
        (["periods", 0, "periodtype_id"], None, "periodtype_id"),
        (["periods", 0, "values"], None, "values"),
        (["periods", 0, "values", 0, "period_id"], 2.5, "period_id"),
        (["periods", 0, "values", 0, "period_id"], "2025M13", "period_id"),
        (["periods", 1, "values", 0, "period_id"], "2024Q03", "period_id"),
        (["mgroups"], None, "mgroups"),
        (["mgroups", 0, "measures"], None, "measures"),
        (["mgroups", 0, "measures", 1, "measure_id"], "m1", "measure_id"),
        (["mgroups", 0, "mgroup_id"], False, "mgroup_id"),
        (["dimensions"], {}, "dimensions"),
        (["dimensions", 1, "dimension_id"], "_omrade", "dimension_id"),
        (["dimensions", 0, "hierarchies"], None, "hierarchies"),
        (["dimensions", 0, "hierarchies", 1, "hierarchy_id"], "_NYKOM", "hierarchy_id"),
        (["dimensions", 0, "hierarchies", 0, "levels", 0, "level_id"], None, "level_id"),
        (["dimensions", 0, "hierarchies", 0, "levels", 0, "values"], None, "values"),
        (["dimensions", 0, "hierarchies", 0, "levels", 1, "values", 0, "value_id"], "", "value_id"),
        (["dimensions", 0, "hierarchies", 0, "levels", 1, "values", 0, "value_id"], "/", "value_id"),
        (
            ["dimensions", 0, "hierarchies", 0, "levels", 1, "values", 0, "value_name"],
            {"x": "y" * 99},
            "value_name",
        ),
    ],
)
def test_damage_names_the_table_and_the_field(path, value, field):
    document = copy.deepcopy(VALID)
    put(document, path, value)
    with pytest.raises(PayloadError, match=rf"[Tt]able.*: the field '{field}'") as caught:
        parse(document)
    assert ("y25i01" in str(caught.value)) == (path != ["table_id"])
    assert len(str(caught.value)) < 250


VALID = table_document()
BODY = encode(VALID)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


PLACES = [path for path in places(VALID) if path]
json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=5),
        st.sampled_from(["/", "2025M01", "2026-01-01", "_nykom"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


def use(found):
    """Look at everything that a parsed table offers."""
    (
        repr(found),
        found._repr_html_(),
        found.measures,
        found.dimensions,
        found.hierarchies,
        found.levels,
        found.find("a"),
    )
    for item in found.all_hierarchies:
        assert len(set(item.labels)) == len(item.members) == len(item.codes)
        assert item.deepest
        assert len(found.members(item.id)) == len(item.members)
    for item in found.period_types:
        found.periods(item.id)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.one_of(json_values, st.just("remove"), st.just("double"))),
        min_size=1,
        max_size=3,
    )
)
def test_a_document_damaged_anywhere_is_read_or_refused_and_nothing_else(damages):
    document = copy.deepcopy(VALID)
    for path, value in damages:
        try:
            if value in ("remove", "double"):
                parent = document
                for key in path[:-1]:
                    parent = parent[key]
                if value == "double" and isinstance(parent, list):
                    parent.append(copy.deepcopy(parent[path[-1]]))
                else:
                    del parent[path[-1]]
            else:
                put(document, path, value)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        found = parse_table(json.dumps(document).encode(), "y25i01")
    except PayloadError as error:
        message = str(error)
    else:
        message = "y25i01"
        use(found)
    assert "y25i01" in message


@settings(max_examples=200)
@given(st.integers(0, len(BODY)), st.integers(0, 30), st.binary(max_size=3))
def test_bytes_cut_out_or_replaced_are_read_or_refused_and_nothing_else(start, length, piece):
    try:
        found = parse_table(BODY[:start] + piece + BODY[start + length :])
    except PayloadError:
        return
    use(found)


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from([path for path in places(CATALOGUE) if path]), json_values),
        min_size=1,
        max_size=2,
    )
)
def test_a_damaged_catalogue_is_read_or_refused_and_nothing_else(damages):
    document = copy.deepcopy(CATALOGUE)
    for path, value in damages:
        try:
            put(document, path, value)
        except (KeyError, IndexError, TypeError):
            continue
    try:
        entries = parse_tables(json.dumps(document).encode())
    except PayloadError:
        return
    search_tables(entries, "ledige")


# --- hierarchies -----------------------------------------------------------------------------------------------------


def one(*levels):
    return table(dimension("d", "D", hierarchy("h", "H", *levels))).hierarchy("h")


def paths(item, codes):
    return [item.members[code].path for code in codes]


@pytest.mark.parametrize(
    ("levels", "deepest"),
    [
        ([total(), level("1", "A", [("/1/", "a"), ("/2/", "b")])], ["/1/", "/2/"]),
        ([level("1", "A", [("/1/", "a"), ("/2/", "b")]), total()], ["/1/", "/2/"]),
        ([level("1", "A", [("/", "I alt"), ("/1/", "a"), ("/2/", "b")])], ["/1/", "/2/"]),
        ([level("1", "A", [("/", "I alt"), ("/1/", "a"), ("/1/1/", "aa"), ("/2/", "b")])], ["/1/1/", "/2/"]),
        ([level("1", "A", [("/", "I alt"), ("1", "a"), ("2", "b")])], ["1", "2"]),
        ([level("1", "A", [("1", "a"), ("2", "b")]), total()], ["1", "2"]),
        ([level("1", "A", [("a/b", "a")]), level("2", "B", [("c", "c")])], ["c"]),
        ([total()], ["/"]),
        (
            [total(), level("1", "A", [("/1/", "a")]), level("2", "B", [("/1/1/", "aa"), ("/1/2/", "ab")])],
            ["/1/1/", "/1/2/"],
        ),
        ([total(), level("1", "A", [("/1", "a"), ("/2", "b")])], ["/1", "/2"]),
        ([level("1", "A", [("/", "I alt"), ("/1", "a"), ("/1/1", "aa"), ("/2", "b")])], ["/1/1", "/2"]),
        (
            [level("2", "B", [("/1/1", "aa"), ("/2/1", "bb")]), level("1", "A", [("/1", "a")])],
            ["/1/1", "/2/1"],
        ),
        ([total(), level("1", "A", []), level("2", "B", [("/", "I alt"), ("/1/", "a")])], ["/1/"]),
    ],
)
def test_the_deepest_level_never_mixes_totals_with_parts(levels, deepest):
    item = one(*levels)
    assert paths(item, item.deepest) == deepest


@given(
    st.lists(
        st.lists(st.lists(st.sampled_from("123"), max_size=3), min_size=1, max_size=4), min_size=1, max_size=3
    )
)
def test_no_member_of_the_deepest_level_stands_above_another(drawn):
    levels = [
        level(str(i), f"L{i}", [("/" + "".join(f"{p}/" for p in path), "-".join(path)) for path in members])
        for i, members in enumerate(drawn)
    ]
    item = one(*levels)
    chosen = paths(item, item.deepest)
    assert not any(left != right and right.startswith(left) for left in chosen for right in chosen)


def test_a_member_of_two_levels_stands_in_the_first():
    item = one(
        total(),
        level("1", "A", [("/", "I alt"), ("/1/", "a"), ("/1/", "a"), ("/2/", "c")]),
        level("2", "B", [("/1/1/", "b"), ("/1/", "a")]),
        level("3", "C", [("/3/", "d"), ("/2/", "c")]),
    )
    assert paths(item, range(5)) == ["/", "/1/", "/2/", "/1/1/", "/3/"]
    # What stands above the members of a level may come with it; another level's member is one too many.
    assert [(found.start, found.stop, found.whole) for found in item.levels] == [
        (0, 1, False),
        (1, 3, True),
        (3, 4, True),
        (4, 5, False),
    ]


FUNDS_LISTED = [("/1/", "3F"), ("/2/", "HK")]


@pytest.mark.parametrize(
    "levels",
    [
        [level("fund", "A-kasse", [("/", "I alt"), *FUNDS_LISTED])],
        [level("fund", "A-kasse", [*FUNDS_LISTED, ("/", "I alt")])],
        [level("ialt", "I alt", [("/", "I alt")]), level("fund", "A-kasse", FUNDS_LISTED)],
        [level("fund", "A-kasse", FUNDS_LISTED), level("ialt", "I alt", [("/", "I alt")])],
        [level("ialt", "I alt", [("/", "I alt")]), level("fund", "A-kasse", [("/", "I alt"), *FUNDS_LISTED])],
        [level("fund", "A-kasse", FUNDS_LISTED)],
    ],
)
def test_the_total_is_a_level_of_its_own_however_the_metadata_list_it(levels):
    item = one(*levels)
    item = item.with_total("I alt")
    assert [member.path for member in item.members] == ["/", "/1/", "/2/"]
    assert item.labels == ("I alt", "3F", "HK")
    assert [(found.start, found.stop) for found in item.levels] == [(0, 1), (1, 3)]
    assert item.levels[1].id == "fund"
    assert item.levels[1].whole
    assert [item.members[code].path for code in item.deepest] == ["/1/", "/2/"]
    assert item.brought_by(item.levels[1]) == (0, 1, 2)


def test_a_total_that_is_not_listed_is_provisional_until_its_name_is_learned_or_it_is_found_missing():
    item = one(level("fund", "A-kasse", FUNDS_LISTED))
    assert (item.total, item.has_total, item.members[0].name) == ("provisional", True, "D i alt")
    learned = item.with_total("Alle")
    assert (learned.total, learned.members[0].name, learned.levels[0].name) == ("learned", "Alle", "Alle")
    gone = item.with_total(None)
    assert (gone.total, gone.has_total) == ("missing", False)
    assert [member.path for member in gone.members] == ["/1/", "/2/"]
    assert [(found.start, found.stop) for found in gone.levels] == [(0, 2)]
    assert [gone.members[code].level for code in gone.deepest] == [0, 0]
    listed = one(total(), level("fund", "A-kasse", FUNDS_LISTED))
    assert listed.with_total("Alle") is listed


def test_a_guessed_name_of_a_total_takes_no_members_name():
    item = one(level("x", "X", [("/1/", "D i alt"), ("/2/", "b")]))
    assert item.labels == ("/", "D i alt", "b")


def test_a_level_called_total_is_not_taken_for_the_totals():
    item = one(level("total", "X", [("/", "I alt"), ("/1/", "a")]))
    assert [(found.id, found.whole) for found in item.levels] == [("/", False), ("total", True)]


@pytest.mark.parametrize("levels", [[], [level("land", "Hele landet", [])]])
def test_a_hierarchy_that_lists_no_member_may_still_have_a_total(levels):
    item = one(*levels)
    assert [member.path for member in item.members] == ["/"]
    assert item.deepest == (0,)


def test_two_levels_with_one_id_are_not_whole():
    item = one(level("x", "A", [("/", "I alt")]), level("x", "B", [("/1/", "a")]))
    assert [found.whole for found in item.levels] == [False, False]


def test_names_that_collide_are_told_apart_by_level_or_by_id():
    item = table(OFFERS).hierarchy("_tilb")
    assert item.codes_by_name["Stat"] == (5, 7)
    assert item.codes_by_label["Nytteindsats i alt [Undergruppe]"] == 4
    assert item.codes_by_folded_name["nytteindsats i alt"] == (2, 4)


@given(
    st.lists(
        st.sampled_from(["A", "A [L0]", "A [L1]", "A [/0/]", "A [/1/]", "A [L0] [/2/]", "B"]),
        min_size=1,
        max_size=7,
    ),
    st.integers(0, 7),
)
@example(["A", "A [L0]", "A [/0/]", "A"], 3)
def test_labels_are_distinct_whatever_the_names_are(names, cut):
    members = [(f"/{number}/", name) for number, name in enumerate(names)]
    labels = one(level("0", "L0", members[:cut]), level("1", "L1", members[cut:])).labels[1:]
    assert len(set(labels)) == len(names)
    assert all(label.startswith(name) for label, name in zip(labels, names, strict=True))


def test_labels_are_distinct_even_where_ids_look_like_names():
    members = [("b] [c", "A"), ("z", "A"), ("c", "A [b]"), ("w", "A [b]")]
    assert len(set(one(level("0", "L", members)).labels)) == 1 + 4


# --- resolving and showing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "hierarchy_id"),
    [
        ("_nykom", "_nykom"),
        ("_NYKOM", "_nykom"),
        ("kommune", "_nykom"),
        ("_akasse", "_akassebl"),
        ("A-KASSE", "_akassebl"),
        ("a-kasser", "_akassebl"),
        ("Tilbud", "_tilb"),
    ],
)
def test_a_hierarchy_is_found_by_its_id_its_name_or_its_dimension(name, hierarchy_id):
    assert table().hierarchy(name).id == hierarchy_id


def test_ids_go_before_names_and_hierarchies_before_dimensions():
    tricky = table(
        dimension("a", "Køn", hierarchy("k", "b", total())),
        dimension("b", "Alder", hierarchy("a", "Alder", total())),
    )
    assert tricky.hierarchy("a").dimension_id == "b"
    assert tricky.hierarchy("b").id == "a"
    assert tricky.hierarchy("KØN").id == "k"


@pytest.mark.parametrize("name", ["_omrade", "Område", "omraade"])
def test_a_name_that_fits_several_hierarchies_is_refused_with_all_of_them(name):
    with pytest.raises(QueryError, match=r"'_nykom' \(Kommune\); '_region' \(Region\)"):
        table().hierarchy(name)


def test_names_that_do_not_exist_are_refused_with_the_nearest():
    with pytest.raises(QueryError, match=r"Did you mean 'Kommune'.*It has: '_nykom'"):
        table().hierarchy("Komune")
    with pytest.raises(QueryError, match=r"no period type 'W'. It has: 'M' \(Måned\)"):
        table().period_type("W")


@pytest.mark.parametrize(
    ("item", "is_area"),
    [
        (AREA, True),
        (FUNDS, False),
        (dimension("_omrade", "x"), True),
        (dimension("x", "OMRÅDE"), True),
        (dimension("x", "Area"), True),
        (dimension("x", "y", hierarchy("_reko", "z", total())), True),
    ],
)
def test_the_area_is_known_by_its_id_its_name_or_a_hierarchy(item, is_area):
    assert table(item).structure[0].is_area is is_area


def test_an_area_that_lists_no_hierarchy_is_none_that_could_be_asked_for():
    bare = dimension("_omrade", "Område")
    assert table(bare, FUNDS).area is None
    assert table(bare, AREA | {"dimension_id": "bopael"}).area.id == "bopael"


def test_the_text_shows_what_a_query_needs():
    text = repr(table())
    for needed in (
        "y25i01",
        "M (Måned): 2024M01 to 2026M04, 28 of them",
        "2026-07-26, next 2026-08-27 (rhythm M)",
        "Ledige: Antal ledige personer",
        "_nykom",
        "Hele landet > Kommune (5)",
        'ji.read_jobindsats("y25i01", by="_nykom"',
    ):
        assert needed in text


def test_hostile_names_are_only_text_in_the_notebook():
    evil = "<script>alert('x')</script>&"
    shown = table(
        dimension(evil, evil, hierarchy(evil, evil, level(evil, evil, [(evil, evil), ("b", "b")]))),
        table_id=evil,
        table_name=evil,
        link_tablepage=evil,
        update_freq=evil,
        groups=[group(evil, evil, (evil, evil))],
        periods=[period_type(evil, [evil], evil)],
    )._repr_html_()
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") > 8


def test_a_large_table_is_parsed_fast():
    deep = [(f"/{number // 50}/{number}/", f"Erhverv {number}") for number in range(4900)]
    body = encode(
        table_document(
            AREA,
            dimension(
                "_esco",
                "Erhverv",
                hierarchy(
                    "_esco",
                    "Erhverv",
                    total(),
                    level("1", "Gruppe", numbered(99)),
                    level("2", "Erhverv", deep),
                ),
            ),
            periods=[period_type("M", random.Random(1).sample(months(2007, 240), 240))],
        )
    )
    assert len(parse_table(body).hierarchy("_esco").members) == 5000
    assert effort(lambda: parse_table(body)) < 150


def test_the_catalogue_is_searched_by_hierarchies_where_it_names_them():
    hierarchies = [{"hierarchy_id": "_nykom", "hierarchy_name": "Kommune"}]
    area = {"dimension_id": "_omrade", "dimension_name": "Område", "hierarchies": hierarchies}
    tables = [catalogue_table("y1", dimensions=[area]), catalogue_table("y2")]
    entries = parse_tables(json.dumps([subject("Ledighed", *tables)]).encode())
    assert search_tables(entries, "kommune")[0]["table_id"].to_list() == ["y1"]
