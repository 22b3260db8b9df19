"""Where a frame comes from: its attrs, else what its cells know; the call that asks again, and the citation."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import paste

import jobindsats_pandas as ji
from jobindsats_pandas import provenance, totals
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray
from jobindsats_pandas.errors import ProvenanceError
from jobindsats_pandas.provenance import Provenance

PERSONS, FULL_TIME = "Antal ledige personer", "Antal ledige fuldtidspersoner"
LABELS = [status.label for status in CellStatus]


def test_odd_names_are_written_as_paths(api: Any) -> None:
    from jobindsats_pandas.disclosure import AddressDimension

    dimension = AddressDimension.build(
        "_d", "D", [("_h", "1", "Alle", [("/1/", "total"), ("/2/", "*"), ("/3/", "level:1"), ("/4/", "pæn")])]
    )
    from jobindsats_pandas.provenance import _selection

    assert _selection(dimension, {1, 2, 3}) == ("_h", ["/1/", "/2/", "/3/"])
    assert _selection(dimension, {4}) == ("_h", "pæn")
    assert _selection(dimension, {1, 2, 3, 4}) == ("_h", "level:1")
    assert _selection(dimension, {0, 1, 2, 3, 4}) == ("_h", "*")


def test_a_source_that_was_lost_is_told_by_the_cells_as_far_as_they_know(crossed: pd.DataFrame) -> None:
    frame = totals.parts(crossed, "Område")
    source = provenance.source(frame)
    assert (source.table, source.update_latest) == ("y25i01", "2026-09-10")
    assert (
        source.query
        == "ji.read_jobindsats('y25i01', by={'_nykom': '*', '_ygrpi09': '*'}, periods='2026M06:2026M08')"
    )
    assert repr(source).splitlines()[0].startswith("table    y25i01 · ")
    frame.attrs.clear()
    source = provenance.source(frame)
    assert (source.table, source.table_name) == ("y25i01", crossed.attrs["jobindsats"]["table_name"])
    assert source.query.startswith("ji.read_jobindsats('y25i01', by={'_nykom': 'level:nykom', ")
    assert not source.update_latest + source.fetched_at + source.link
    assert source.api.startswith("http://127.0.0.1:"), "the cells know who answered"
    frame = frame[[PERSONS]].copy()
    frame[PERSONS] = DiscretionisedArray(np.array([1] * len(frame)), np.zeros(len(frame), np.uint8))
    with pytest.raises(ProvenanceError, match=r"read it again with ji.read_jobindsats\(table, …\)"):
        provenance.cite(frame)


def test_what_attrs_tell_is_not_worked_out_of_the_cells(
    crossed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = provenance.notes(crossed)
    assert told == {"source": repr(crossed.jobindsats.source), "citation": repr(crossed.jobindsats.cite())}
    monkeypatch.setattr(provenance, "decode_columns", None)
    assert provenance.notes(crossed) == told
    assert provenance.notes(pd.DataFrame({"x": [1]})) == {}


def test_the_source_shows_the_question_as_it_was_asked(reader: ji.Client) -> None:
    frame = reader.read("y25i01", periods="2026M05", measures=PERSONS, layout="long", complete=True)
    line = provenance.source(frame).query
    assert (
        line
        == "ji.read_jobindsats('y25i01', periods='2026M05', measures=['measy25i01_1'], layout='long', complete=True)"
    )
    pd.testing.assert_frame_equal(paste(line, reader), frame)


def test_a_citation_is_text_and_bibtex_that_escapes(crossed: pd.DataFrame) -> None:
    frame = crossed.head(1)
    frame.attrs["jobindsats"] = {
        **frame.attrs["jobindsats"],
        "table_name": r"50 % & \x_{1}",
        "link": "https://x/{1}",
        "url": "https://api.jobindsats.dk/v3",
    }
    cited = provenance.cite(frame)
    assert cited.text.startswith("Styrelsen for Arbejdsmarked og Rekruttering (2026): 50 % & ")
    assert r"title = {{50 \% \& \textbackslash{}x\_\{1\}}}," in cited.bibtex
    assert "url = {https://x/%7B1%7D}," in cited.bibtex
    assert repr(cited) == f"{cited.text}\n\n{cited.bibtex}"
    frame.attrs["jobindsats"] = {
        "table": "y25i01",
        "table_name": "t<b>",
        "fetched_at": "2026-01-02T03:04:05+00:00",
    }
    assert "t&lt;b&gt;" in provenance.source(frame)._repr_html_()
    assert provenance.source(frame).query == ""
    assert "  url = " not in provenance.cite(frame).bibtex


def test_figures_that_star_did_not_publish_are_not_cited_as_its_own(crossed: pd.DataFrame) -> None:
    without_attrs = crossed[[PERSONS]].copy()
    without_attrs.attrs.clear()
    for frame in (crossed, without_attrs, crossed.assign(x=crossed[PERSONS] * 2)[["x"]]):
        cited = provenance.cite(frame)
        assert "jobindsats_pandas" in cited.text
        assert "no figures of STAR" in cited.text
        assert "Styrelsen" not in repr(cited)
        assert "https://jobindsats.dk" not in repr(cited), "that page has other figures"
    official = Provenance("t", "Ledige", "https://jobindsats.dk/databank/t", "https://api.jobindsats.dk/v3")
    assert official.citation.text.startswith(
        "Styrelsen for Arbejdsmarked og Rekruttering: Ledige. Jobindsats.dk, "
    )
    assert official.citation.text.endswith("https://jobindsats.dk/databank/t")
    assert "@misc{jobindsats_t," in official.citation.bibtex
    for url in ("http://127.0.0.1:8000/v3", "http://localhost/v3", "https://[::1]/v3"):
        local = Provenance("t", "Ledige", "https://jobindsats.dk/databank/t", url)
        assert local.citation.text.startswith(
            f"API at {url}: Ledige. Answers of an API on a user's own machine"
        )
        assert "jobindsats.dk" not in local.citation.text
        assert not local.origin.official
    synthetic = Provenance("t", "Ledige (syntetisk)", url="https://api.jobindsats.dk/v3")
    assert not synthetic.origin.official


def test_a_line_leaves_out_what_goes_without_saying() -> None:
    question = {
        "table": "t",
        "by": None,
        "periods": ["2023QMAT01"],
        "period_type": "QMAT",
        "layout": "wide",
        "additive": None,
    }
    assert provenance.read_line(question) == "ji.read_jobindsats('t', periods=['2023QMAT01'])"
    assert (
        provenance.read_line({**question, "periods": ["x"]})
        == "ji.read_jobindsats('t', periods=['x'], period_type='QMAT')"
    )
    assert (
        provenance.read_line({**question, "periods": None}) == "ji.read_jobindsats('t', period_type='QMAT')"
    )
    for line in (provenance.read_line(question), provenance.read_line({**question, "by": {"æ'": ['"']}})):
        ast.parse(line)


# --- attrs and back --------------------------------------------------------------------------------------------------


def test_attrs_are_written_and_read_without_loss(crossed: pd.DataFrame, sanctions: pd.DataFrame) -> None:
    for frame in (crossed, sanctions):
        known = Provenance.of(frame)
        assert known.to_attrs() == frame.attrs["jobindsats"]
        assert Provenance.from_attrs(known.to_attrs()) == known
        assert eval(known.call, {"ji": _Asked()})["by"] == frame.attrs["jobindsats"]["by"]


class _Asked:
    def read_jobindsats(self, table: str, **question: Any) -> dict[str, Any]:
        return {"table": table, **question}


@pytest.mark.parametrize("attrs", [None, "text", 5, [], {}, {"table": 5}, {"table_name": "x"}])
def test_attrs_that_name_no_table_are_none(attrs: Any) -> None:
    assert Provenance.from_attrs(attrs) is None


def test_what_attrs_have_of_a_wrong_type_is_left_out() -> None:
    odd = dict.fromkeys(Provenance("t").to_attrs(), 5) | {"table": "t"}
    assert Provenance.from_attrs(odd) == Provenance("t")
    odd = dict.fromkeys(odd, None) | {
        "table": "t",
        "columns": {"dimensions": {"a": [], "b": 5}, "period": 5},
        "asked": "!",
    }
    assert Provenance.from_attrs(odd) == Provenance("t")
    assert Provenance("t").call == ""


@pytest.mark.parametrize(("members", "stays"), [(2, True), (90, True), (3000, False)])
def test_the_question_as_it_was_asked_is_kept_where_it_is_short_enough(members: int, stays: bool) -> None:
    # Names that do not repeat: what repeats can be packed away.
    names = [f"{(number * 7919) % 100_003:x} Ærø" for number in range(members)]
    asked = {"by": {"_nykom": names}, "periods": "latest:24", "period_type": None, "measures": None}
    attrs = Provenance("y25i01", periods="2026M05", count=1, asked=asked).to_attrs()
    assert len(json.dumps(attrs.get("asked"), ensure_ascii=False).encode()) <= 3_100
    again = Provenance.from_attrs(json.loads(json.dumps(attrs)))
    assert again is not None
    assert again.asked == (asked if stays else None)
    assert again.question["periods"] == ("latest:24" if stays else "2026M05")


# --- rebuilt from the cells ------------------------------------------------------------------------------------------


def test_every_table_of_a_frame_is_told(crossed: pd.DataFrame, sanctions: pd.DataFrame) -> None:
    both = pd.concat([totals.official_total(crossed), totals.official_total(sanctions)], ignore_index=True)
    assert not both.attrs
    cited = provenance.cite(both)
    assert [re.search(r"table (\w+)", line)[1] for line in cited.text.splitlines()] == ["y25i01", "y01h01"]
    assert cited.bibtex.count("@misc{not_jobindsats_") == 2
    assert provenance.source(both).table == "y25i01; y01h01"
    assert "fetched" not in repr(provenance.source(both))
    with pytest.raises(ProvenanceError, match=r"cells of 2 tables \(y25i01, y01h01\)"):
        Provenance.of(both)
    # A column of another table beside those that the attrs are of.
    mixed = totals.official_total(crossed).reset_index(drop=True)
    mixed["andre"] = totals.official_total(sanctions)["Antal sanktioner i alt"].reset_index(drop=True)
    first, second = provenance.provenances(mixed)
    assert (first.update_latest, second.update_latest) == ("2026-09-10", "")
    assert second.call.startswith("ji.read_jobindsats('y01h01', periods=")


def test_what_the_cells_cannot_tell_is_left_out(crossed: pd.DataFrame, reader: ji.Client) -> None:
    years = reader.read("y01h01", periods="2024Y01")
    quarters = reader.read("y01h01", periods="2024Q01")
    mixed = pd.concat([years, quarters])
    mixed.attrs.clear()
    known = Provenance.of(mixed)
    assert (known.table, known.periods, known.call) == ("y01h01", (), "")
    gaps = crossed[crossed["Periode"] != crossed["Periode"].sort_values().unique()[1]].copy()
    gaps.attrs.clear()
    assert Provenance.of(gaps).periods == ("2026M06", "2026M08")
    assert Provenance.of(gaps).count == 2
    assert "periods=['2026M06', '2026M08']" in Provenance.of(gaps).call


def test_a_long_list_of_members_is_asked_by_what_the_cells_know(reader: ji.Client) -> None:
    every = reader.table("y25i01").members("_nykom")
    names = every[every["level_id"] == "nykom"]["label"].head(30).tolist()
    frame = reader.read("y25i01", by={"_nykom": names}, periods=1, measures=PERSONS)
    pd.testing.assert_frame_equal(paste(provenance.source(frame).query, reader), frame)


def test_the_line_names_the_periods_and_the_question_stays_as_it_was_asked(reader: ji.Client) -> None:
    newest = reader.read("y01h01", periods="latest:2", measures=["measy01h01_1"])
    known = Provenance.of(newest)
    assert (known.question["periods"], known.question["measures"]) == (2, ["measy01h01_1"])
    assert known.call == "ji.read_jobindsats('y01h01', periods='2026Q01:2026Q02', measures=['measy01h01_1'])"
    gaps = Provenance.of(reader.read("y01h01", periods=["2025Q01", "2025Q04"]))
    assert gaps.call == "ji.read_jobindsats('y01h01', periods=['2025Q01', '2025Q04'])"
    assert Provenance("t", by={"_h": "30 members"}, periods="2026M05").call == ""
    every = tuple(f"m{number}" for number in range(60))
    long = Provenance(
        "t", periods=("2026M01", "2026M03"), count=2, measures=every, asked={"measures": list(every)}
    )
    assert long.ends == ("2026M01", "2026M03")
    assert long.to_attrs()["periods"] == ["2026M01", "2026M03", 2]
    again = Provenance.from_attrs(long.to_attrs())
    assert again is not None
    assert repr(list(every)) in again.call


@pytest.mark.parametrize(
    "periods",
    [["2025M01", 2026], ["2025M01:2025M03", "2026M06:"], [":2023M02", "2025:2026"], ["2026M06:2026M12"]],
)
def test_the_line_of_a_list_asks_for_no_period_that_comes_later(periods, tmp_path, recwarn):
    with ji.sandbox.serve() as api:
        reader = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "cache")
        frame = reader.read("y25i01", periods=periods)
        api.publish("y25i01", ji.sandbox.Release("2026-10-08", "2026-11-05", new_period=True))
        later = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "later")
        assert "2026M09" in later.table("y25i01").period_types[0].periods
        again = paste(provenance.source(frame).query, later)
    assert again["Periode"].tolist() == frame["Periode"].tolist()
