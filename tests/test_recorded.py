"""The real API's answers, served by a local server and read by the public function, cell for cell."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import recordings

import jobindsats_pandas as ji

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = ["y01c01", "y01h01", "y01ud01di", "y25i01", "y25i06b"]


@pytest.fixture(scope="module")
def server(recorded: Path) -> Iterator[Any]:
    loaded = {name: recordings.load(recorded, name) for name in TABLES}
    tables = {
        name: ji.sandbox.FixedTable(recording.metadata, columns=recording.columns, rows=recording.rows)
        for name, recording in loaded.items()
    }
    with ji.sandbox.serve(tables=tables) as api:
        api.loaded = loaded
        yield api


@pytest.fixture
def read(server: Any, tmp_path: Path) -> Any:
    client = ji.Client(token=server.token, base_url=server.url, cache_dir=tmp_path)

    def read(name: str, **how: Any) -> pd.DataFrame:
        recording = server.loaded[name]
        return ji.read_jobindsats(name, by=recording.by, periods="*", client=client, **how)

    return read


def bare(label: str) -> str:
    return label.partition(" [Niveau")[0]


@pytest.mark.parametrize("name", TABLES)
def test_every_cell_equals_the_recording(name: str, server: Any, read: Any) -> None:
    recording = server.loaded[name]
    frame = read(name)
    assert frame.columns.to_list() == recording.columns
    dimensions = 1 + len(recording.by)
    expected = Counter(tuple(row) for row in recording.rows)
    status = pd.DataFrame({c: frame[c].array.status for c in frame.columns[dimensions:]})
    actual: Counter[tuple[Any, ...]] = Counter()
    for position, row in enumerate(frame.itertuples(index=False)):
        period = row[0]
        text = (
            f"{period.year}M{period.month:02d}"
            if period.freqstr == "M"
            else f"{period.year}Q{period.quarter:02d}"
        )
        numbers = [
            None if status.iloc[position, i] in {1, 2} else value for i, value in enumerate(row[dimensions:])
        ]
        actual[(text, *(bare(label) for label in row[1:dimensions]), *numbers)] += 1
    assert expected == actual


@pytest.mark.parametrize("name", TABLES)
def test_counts_are_whole_and_rates_are_not(name: str, server: Any, read: Any) -> None:
    frame = read(name)
    for column in frame.columns[1 + len(server.loaded[name].by) :]:
        whole = column.startswith("Antal")
        assert str(frame[column].dtype) == f"discretionised[{'Int64' if whole else 'Float64'}]"
    assert str(frame["Periode"].dtype) == ("period[Q-DEC]" if name == "y01h01" else "period[M]")
    assert isinstance(frame["Område"].dtype, pd.CategoricalDtype)


def statuses(frame: pd.DataFrame, column: int) -> dict[str, int]:
    values = frame.iloc[:, column].array.status
    return {
        status.name: int((values == status).sum()) for status in ji.CellStatus if (values == status).any()
    }


def test_offers_hide_12_and_13_cells(read: Any) -> None:
    frame = read("y01c01")
    assert statuses(frame, 4) == {"OBSERVED": 406, "DISCRETIONISED": 12}
    assert statuses(frame, 5) == {"OBSERVED": 405, "DISCRETIONISED": 13}


def test_twelve_nulls_at_the_end_are_not_available(read: Any) -> None:
    frame = read("y01ud01di")
    late = frame["Periode"] >= pd.Period("2026-02", "M")
    assert late.sum() == 12
    assert set(frame.loc[late].iloc[:, 6].array.status) == {ji.CellStatus.NOT_AVAILABLE}
    assert set(frame.loc[~late].iloc[:, 6].array.status) == {ji.CellStatus.OBSERVED}


def test_nulls_of_an_answer_without_a_total_are_hidden(read: Any) -> None:
    frame = read("y25i06b")
    assert statuses(frame, 3) == {"OBSERVED": 21, "DISCRETIONISED": 7}
    assert statuses(frame, 4) == {"OBSERVED": 13, "DISCRETIONISED": 15}


def test_a_parent_and_its_only_child_of_one_name_are_both_kept(read: Any) -> None:
    frame = read("y01c01")
    labels = frame["Tilbud"].cat.categories
    twice = [label for label in labels if "[" in label]
    assert twice == [
        "Nytteindsats i alt [Niveau 1]",
        "Øvrige vejlednings- og opkvalificeringsforløb [Niveau 2]",
        "Privat ansættelse med løntilskud [Niveau 2]",
        "Privat virksomhedspraktik [Niveau 2]",
        "Nytteindsats i alt [Niveau 2]",
        "Øvrige vejlednings- og opkvalificeringsforløb [Niveau 3]",
        "Privat ansættelse med løntilskud [Niveau 3]",
        "Privat virksomhedspraktik [Niveau 3]",
    ]
    assert frame["Tilbud"].nunique() == len(labels) == 30


def test_left_out_combinations_appear_only_when_asked_for(read: Any) -> None:
    assert len(read("y01c01")) == 418
    complete = read("y01c01", complete=True)
    assert len(complete) == 14 * 30
    absent = complete[complete.iloc[:, 4].array.status == ji.CellStatus.ABSENT]
    assert absent["Tilbud"].to_list() == ["Nytteindsats, stat"] * 2
    assert absent["Periode"].astype(str).to_list() == ["2025-05", "2026-03"]


def test_completing_never_invents_a_total_that_the_api_does_not_give(read: Any) -> None:
    complete = read("y25i06b", complete=True)
    assert len(complete) == 28
    assert "Arbejdsfordelingstyper i alt" not in set(complete["Arbejdsfordelingstype"])


def test_long_and_wide_hold_the_same_cells(read: Any) -> None:
    wide, long = read("y01h01"), read("y01h01", layout="long")
    assert long.columns.to_list() == ["Periode", "Område", "A-kasse", "measure", "value", "status"]
    for column in wide.columns[3:]:
        part = long[long["measure"] == column]
        assert part["value"].array.status.tolist() == wide[column].array.status.tolist()
        assert part["value"].array.addresses.tolist() == wide[column].array.addresses.tolist()
        assert part["value"].isna().to_list() == wide[column].isna().to_list()
        assert part["value"].dropna().to_list() == wide[column].dropna().to_list()
        assert part["A-kasse"].to_list() == wide["A-kasse"].to_list()


def test_every_recorded_error_becomes_the_right_error(recorded: Path, tmp_path: Path) -> None:
    kinds = {422: ji.errors.QueryError, 403: ji.errors.ServiceError, 401: ji.errors.AuthenticationError}
    for case in json.loads((recorded / "errors.json").read_text(encoding="utf-8")):
        body, status = case["body"], case["status"]
        with ji.sandbox.serve() as api:
            client = ji.Client(
                token=api.token, base_url=api.url, cache_dir=tmp_path / str(api.url.split(":")[2][:5])
            )
            client.table("y25i01")
            kind = {422: "422", 403: "403-html", 401: "401"}[status]
            cause = body["cause"] if isinstance(body, dict) else None
            api.faults.add(kind, times=4, path="data/", cause=cause)
            with pytest.raises(kinds[status]) as caught:
                client.read("y25i01")
        assert caught.value.status == status
        assert caught.value.curl is not None
        if cause:
            assert caught.value.cause == cause
            assert caught.value.request_id
            assert cause in str(caught.value)
            assert cause in caught.value.report()
