"""Tables larger than memory: datasets hold what a read holds, follow their table, and are never between two states."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from frames import same_cells

import jobindsats_pandas as ji
from jobindsats_pandas.client import UpdatedMeanwhileError
from jobindsats_pandas.errors import (
    ConfigurationError,
    ProvenanceError,
    QueryError,
    QueryWarning,
    ServiceError,
    TooLargeError,
)
from jobindsats_pandas.files import claimed
from jobindsats_pandas.parquet import datasets, directories
from jobindsats_pandas.parquet.manifest import NAME as MANIFEST
from jobindsats_pandas.transport import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE, QUESTION = "y01h01", {"by": {"A-kasse": "*"}, "periods": "2024Q01:"}


@pytest.fixture
def api() -> Iterator[Any]:
    """A sandbox of the test's own: what it publishes stays."""
    with ji.sandbox.serve() as server:
        yield server


@pytest.fixture(autouse=True)
def no_power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill is no power cut, and disks are slow."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def client(api: Any, tmp_path: Path) -> ji.Client:
    """One that asks for two quarters at a time."""
    made = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "cache", max_cells=200)
    made._transport._patience = lambda: Patience(pause=0.01, longest_pause=0.02)
    return made


@pytest.fixture
def folder(client: ji.Client, tmp_path: Path) -> Path:
    place = tmp_path / "sanktioner æøå"
    ji.export(TABLE, place, **QUESTION, client=client)
    return place


def release(number: int = 1, **brings: Any) -> Any:
    return ji.sandbox.Release(f"{date(2026, 11, 1) + timedelta(number)}", "2027-12-31", **brings)


def looks(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("table", "question"),
    [
        (TABLE, QUESTION),
        (TABLE, {"by": "A-kasse", "periods": "*", "names": "id"}),
        ("y25i01", {"periods": "latest:3"}),
        (
            "y25i01",
            {"by": ["_region", "_ygrpi09"], "periods": "latest:3", "measures": ["Antal ledige personer"]},
        ),
        ("y25i14", {"by": "_region", "periods": "latest:2"}),
        ("y01h01", {"periods": "*", "period_type": "Y", "additive": {"Antal sanktioner i alt": "stock"}}),
    ],
    ids=str,
)
def test_a_dataset_is_what_a_read_is_and_its_columns_are_of_one_type(
    client: ji.Client, tmp_path: Path, table: str, question: dict[str, Any]
) -> None:
    rows = ji.export(table, tmp_path / "x", **question, client=client)
    found, expected = ji.read_parquet(tmp_path / "x"), client.read(table, **question)
    same_cells(found, expected)
    assert rows == len(expected)
    for name in expected.columns[-1:]:
        assert found[name].array.registry is expected[name].array.registry
        assert (found[name].array.addresses == expected[name].array.addresses).all()
    told, known = ({**one.attrs["jobindsats"]} for one in (found, expected))
    differ = {"cells", "from_cache", "fetched_at"}
    assert {n: v for n, v in told.items() if n not in differ} == {
        n: v for n, v in known.items() if n not in differ
    }
    assert found.jobindsats.source.query == expected.jobindsats.source.query
    schemas = {str(pq.read_schema(path).remove_metadata()) for path in (tmp_path / "x").rglob("*.parquet")}
    assert len(schemas) == 1
    assert len(list((tmp_path / "x").iterdir())) == expected.iloc[:, 0].nunique() + 1


def test_each_cell_is_asked_for_once_and_a_second_export_asks_for_none(
    api: Any, client: ji.Client, folder: Path
) -> None:
    asked = [request.query for request in api.requests if "/data/" in request.path]
    assert len(asked) == len(set(asked))
    assert len(asked) > 3
    before = looks(folder)
    api.requests.clear()
    ji.export(TABLE, folder, **QUESTION, client=client)
    assert [request.path for request in api.requests] == [f"/v3/table/{TABLE}"]
    after = looks(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"_jobindsats_manifest.json"}


def test_an_export_that_broke_goes_on_where_it_stopped(api: Any, client: ji.Client, tmp_path: Path) -> None:
    api.faults.add("503", path="data/", after=3, times=None)
    with pytest.raises(ServiceError):
        ji.export(TABLE, tmp_path / "x", **QUESTION, client=client)
    assert not (tmp_path / "x").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    done = {request.query for request in api.requests if request.status == 200 and "/data/" in request.path}
    api.faults.clear()
    api.requests.clear()
    ji.export(TABLE, tmp_path / "x", **QUESTION, client=client)
    assert not done & {request.query for request in api.requests}
    assert done
    same_cells(ji.read_parquet(tmp_path / "x"), client.read(TABLE, **QUESTION))


def test_one_small_request_tells_that_nothing_is_new(api: Any, client: ji.Client, folder: Path) -> None:
    before = looks(folder)
    api.requests.clear()
    revisions = ji.update(folder, client=client)
    assert (len(revisions), revisions.table) == (0, TABLE)
    assert [request.path for request in api.requests] == [f"/v3/table/{TABLE}"]
    assert looks(folder) == before


def test_an_update_writes_the_periods_that_changed_and_leaves_the_others(
    api: Any, client: ji.Client, folder: Path
) -> None:
    old, before = ji.read_parquet(folder), looks(folder)
    api.publish(TABLE, release(new_period=True))
    revisions = ji.update(folder, client=client)
    new, after = ji.read_parquet(folder), looks(folder)
    same_cells(new, client.read(TABLE, **QUESTION))
    expected = ji.compare(old, new)
    assert revisions.counts == expected.counts
    assert (revisions.compared, revisions.periods_new) == (expected.compared, ("2026Q03",))
    pd.testing.assert_frame_equal(revisions.summary, expected.summary)
    columns = list(revisions.changes.columns[:-2])
    pd.testing.assert_frame_equal(
        revisions.changes[columns].astype("str").sort_values(columns, ignore_index=True),
        expected.changes[columns].astype("str").sort_values(columns, ignore_index=True),
    )
    moved = {str(period) for period in expected.changes["Periode"].unique()}
    written = {name for name in after if before.get(name) != after[name]}
    assert written == {
        "_jobindsats_manifest.json",
        *(f"Periode={period.replace('Q', 'Q0')}/part-0.parquet" for period in moved),
    }
    assert len(ji.update(folder, client=client)) == 0


@pytest.mark.untraced
def test_after_ten_releases_a_dataset_is_a_fresh_read(api: Any, client: ji.Client, tmp_path: Path) -> None:
    place, kept, question = tmp_path / "x", tmp_path / "kept", {"by": {"_region": "*"}, "periods": "2026M01:"}
    ji.export("y25i01", place, **question, client=client)
    for number in range(1, 11):
        brings = {"new_period": number % 3 == 0, "revised": number % 2 == 1}
        if number == 4:
            brings["renamed"] = {"_region": {"/1/": "Hovedstaden"}}
        api.publish("y25i01", release(number, **brings))
        revisions = ji.update(place, releases=kept, client=client)
        truth = ji.sandbox.changes(*api.releases["y25i01"][-2:], "M", ["_region"])
        moved = {(cell.measure_id, cell.period_id, cell.members["_region"]) for cell in truth.cells}
        assert len(revisions) == len({cell for cell in moved if cell[1] >= "2026M01"})
        same_cells(ji.read_parquet(place), client.read("y25i01", **question))
    assert len(ji.releases(kept)) == 11
    assert ji.read_parquet(kept, as_of="2026-11-11").equals(ji.read_parquet(place))


def test_periods_that_left_the_window_are_gone(api: Any, client: ji.Client, tmp_path: Path) -> None:
    ji.export(TABLE, tmp_path / "x", "A-kasse", "latest:3", client=client)
    api.publish(TABLE, release(new_period=True))
    revisions = ji.update(tmp_path / "x", client=client)
    assert (revisions.periods_new, revisions.periods_gone) == (("2026Q03",), ("2025Q04",))
    assert revisions.counts["gone"] > 0
    assert not (tmp_path / "x" / "Periode=2025Q04").exists()


def counted(decimals_in: int | None = None) -> Any:
    """A table of counts; from one period on, the API writes decimals."""
    metadata = {
        "table_id": "x01",
        "table_name": "Sager",
        "update_latest": "2026-10-01",
        "update_next": "2026-11-01",
        "periods": [
            {"periodtype_id": "M", "values": [{"period_id": f"2026M{month:02d}"} for month in range(1, 7)]}
        ],
        "mgroups": [{"mgroup_id": "g", "measures": [{"measure_id": "m", "measure_name": "Antal sager"}]}],
        "dimensions": [],
    }
    rows = [[f"2026M{month:02d}", month + (0.5 if month == decimals_in else 0)] for month in range(1, 7)]
    return ji.sandbox.FixedTable(metadata, rows=rows)


@pytest.mark.filterwarnings("ignore::jobindsats_pandas.errors.QueryWarning")
def test_a_decimal_that_comes_later_makes_the_column_decimal_everywhere(tmp_path: Path) -> None:
    for decimals_in, kind in ((None, "int64"), (5, "double")):
        with ji.sandbox.serve(tables={"x01": counted(decimals_in)}) as api:
            client = ji.Client(api.token, api.url, tmp_path / f"cache {kind}", max_cells=1, connections=1)
            ji.export("x01", tmp_path / "x", client=client)
            frame = ji.read_parquet(tmp_path / "x")
            same_cells(frame, client.read("x01", periods="*"))
        files = sorted((tmp_path / "x").rglob("*.parquet"))
        name = frame.columns[1]
        assert [str(pq.read_schema(path).field(name).type) for path in files] == [kind] * 6


def test_decimals_of_a_release_reach_files_that_were_linked(tmp_path: Path) -> None:
    with ji.sandbox.serve(tables={"x01": counted()}) as api:
        client = ji.Client(api.token, api.url, tmp_path / "cache", max_cells=1, connections=1)
        ji.export("x01", tmp_path / "x", client=client)
        other = counted(5)
        other.metadata["update_latest"] = "2026-11-01"
        api.tables["x01"] = other
        assert len(ji.update(tmp_path / "x", client=client)) == 1
        same_cells(ji.read_parquet(tmp_path / "x"), client.read("x01", periods="*"))
        kinds = {str(pq.read_schema(path).field(1).type) for path in (tmp_path / "x").rglob("*.parquet")}
        assert kinds == {"double"}


@pytest.mark.parametrize(
    "ids",
    [
        ["2025QMAT04", "2026QMAT01", "2026QMAT02"],
        ["2026W51", "2026W52", "2027W01"],
        ["2024/2025", "2025/2026"],
    ],
)
def test_periods_that_pandas_does_not_know_make_a_dataset_too(ids: list[str], tmp_path: Path) -> None:
    def published(on: str, add: int) -> Any:
        table = counted()
        table.metadata["update_latest"] = on
        table.metadata["periods"] = [
            {"periodtype_id": "P", "values": [{"period_id": period} for period in ids]}
        ]
        table.rows = [[period, number + add] for number, period in enumerate(ids, start=5)]
        return table

    with ji.sandbox.serve(tables={"x01": published("2026-10-01", 0)}) as api:
        client = ji.Client(api.token, api.url, tmp_path / "cache", max_cells=1, connections=1)
        ji.export("x01", tmp_path / "x", client=client)
        same_cells(ji.read_parquet(tmp_path / "x"), client.read("x01", periods="*"))
        newest = ji.read_parquet(tmp_path / "x", filters=[("Periode", ">", ids[0])])
        assert newest["Periode"].tolist() == ids[1:]
        api.tables["x01"] = published("2026-11-01", 1)
        assert len(ji.update(tmp_path / "x", client=client)) == len(ids)
        same_cells(ji.read_parquet(tmp_path / "x"), client.read("x01", periods="*"))


def test_a_table_without_rows_is_no_dataset(tmp_path: Path) -> None:
    table = counted()
    table.rows = []
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = ji.Client(api.token, api.url, tmp_path / "cache")
        no_rows = pytest.raises(ServiceError, match="Table x01 has no rows for this question yet")
        with no_rows, pytest.warns(QueryWarning, match="no row for"):
            ji.export("x01", tmp_path / "x", client=client)
    assert not (tmp_path / "x").exists()


def test_a_release_of_a_dataset_shares_its_files_and_no_two_periods_are_held_at_once(
    api: Any, client: ji.Client, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, first, held = tmp_path / "kept", ji.read_parquet(folder), []

    def counted(frames: Any) -> pd.DataFrame:
        held.append(len(frames))
        return joined(frames)

    joined = directories.joined_rows
    monkeypatch.setattr(directories, "joined_rows", counted)
    before = looks(folder)
    api.publish(TABLE, release(new_period=True))
    ji.update(folder, releases=kept, client=client)
    ji.update(folder, releases=kept, client=client, refresh=True)
    assert max(held) == 1
    old, new = (tmp_path / "kept" / f"{day}.parquet" for day in ("2026-08-20", "2026-11-02"))
    for kept_one, look in ((old, before), (new, looks(folder))):
        assert looks(kept_one).items() - look.items() == {(MANIFEST, looks(kept_one)[MANIFEST])}
        assert looks(kept_one).keys() == look.keys()
    monkeypatch.undo()
    assert ji.releases(kept)["release"].to_list() == ["2026-08-20", "2026-11-02"]
    same_cells(ji.read_parquet(kept, as_of="2026-10-01"), first)
    same_cells(ji.read_parquet(kept, as_of="2026-11-02"), ji.read_parquet(folder))


def test_a_dataset_that_is_written_anew_is_no_second_publication(
    client: ji.Client, folder: Path, tmp_path: Path
) -> None:
    ji.update(folder, releases=tmp_path / "kept", client=client)
    shutil.rmtree(folder)
    ji.export(TABLE, folder, **QUESTION, client=client)
    ji.update(folder, releases=tmp_path / "kept", client=client)
    assert ji.releases(tmp_path / "kept")["release"].to_list() == ["2026-08-20"]
    shutil.rmtree(folder)
    ji.export(TABLE, folder, by={"A-kasse": "*"}, periods="2024Q02:", client=client)
    with pytest.raises(ProvenanceError, match="releases of another question"):
        ji.update(folder, releases=tmp_path / "kept", client=client)


def test_what_was_announced_and_did_not_come_is_asked_for_again_and_is_no_release(
    api: Any, client: ji.Client, folder: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    api.publish(TABLE, release(new_period=True, late=True))
    with pytest.warns(QueryWarning, match="no row for 2026Q03"):
        ji.update(folder, releases=kept, client=client)
    assert ji.releases(kept)["release"].to_list() == ["2026-08-20"]
    assert ji.read_parquet(folder).attrs["jobindsats"]["missing"] == ["2026Q03"]
    api.arrive(TABLE)
    assert ji.update(folder, releases=kept, client=client, refresh=True).periods_new == ("2026Q03",)
    assert ji.releases(kept)["release"].to_list() == ["2026-08-20", "2026-11-02"]
    same_cells(ji.read_parquet(folder), client.read(TABLE, **QUESTION))


def test_an_older_answer_is_never_taken_for_a_new_one(api: Any, client: ji.Client, folder: Path) -> None:
    before = looks(folder)
    for path in ("table/", "data/"):
        api.faults.add("503", path=path, times=None)
        with pytest.raises(ServiceError, match=r"Only older figures can be had|HTTP 503"):
            ji.export(TABLE, folder, **QUESTION, client=client, refresh=True)
        api.faults.clear()
    assert looks(folder) == before


def test_runs_of_two_editions_are_never_joined(api: Any, client: ji.Client, tmp_path: Path) -> None:
    pieces = client.pieces(TABLE, **QUESTION)
    next(pieces)
    api.publish(TABLE, release())
    with pytest.raises(UpdatedMeanwhileError):
        list(pieces)

    api.faults.add("latency", path="data/", times=None, seconds=0.1)
    api.requests.clear()
    worker = threading.Thread(
        target=ji.export, args=(TABLE, tmp_path / "x"), kwargs={**QUESTION, "client": client}
    )
    worker.start()
    while len(api.requests) < 3:
        time.sleep(0.01)
    api.publish(TABLE, release(2, new_period=True))
    worker.join()
    api.faults.clear()
    found = ji.read_parquet(tmp_path / "x")
    assert found.attrs["jobindsats"]["update_latest"] == release(2).update_latest
    same_cells(found, client.read(TABLE, **QUESTION))


def test_nothing_of_others_is_replaced(client: ji.Client, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("mine")
    (tmp_path / "y").write_text("mine")
    for name in ("x", "y"):
        with pytest.raises(QueryError, match=r"name another"):
            ji.export(TABLE, tmp_path / name, **QUESTION, client=client)
    assert (tmp_path / "x" / "mine.txt").read_text() == "mine"
    ji.export(TABLE, tmp_path / "a", **QUESTION, client=client)
    with pytest.raises(QueryError, match="holds 'a', and no _jobindsats"):
        ji.export(TABLE, tmp_path, **QUESTION, client=client)
    with pytest.raises(FileNotFoundError):
        ji.export(TABLE, tmp_path / "nowhere" / "x", **QUESTION, client=client)


def test_what_cannot_be_exported_is_told_before_anything_is_asked_for(
    api: Any, client: ji.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TooLargeError, match="more than max_requests=2"):
        ji.export(TABLE, tmp_path / "x", **QUESTION, client=client, max_requests=2)
    with pytest.raises(QueryError, match="Did you mean"):
        ji.export(TABLE, tmp_path / "x", by="A-kase", client=client)
    assert not [request for request in api.requests if "/data/" in request.path]
    monkeypatch.setattr(datasets, "MAX_PARTITIONS", 3)
    with pytest.raises(QueryError, match="more than 3 periods; ask for less"):
        ji.export(TABLE, tmp_path / "x", **QUESTION, client=client)
    assert not (tmp_path / "x").exists()


def test_a_dataset_does_not_decide_where_the_key_goes(
    api: Any, client: ji.Client, folder: Path, tmp_path: Path
) -> None:
    with ji.sandbox.serve() as other:
        stranger = ji.Client(token=other.token, base_url=other.url, cache_dir=tmp_path / "other")
        with pytest.raises(ConfigurationError, match="the client asks"):
            ji.update(folder, client=stranger)
        assert other.requests == []


@pytest.mark.parametrize("change", ["cut", "gone", "more", "edited"])
def test_a_dataset_that_another_program_changed_is_refused_and_left(
    api: Any, client: ji.Client, folder: Path, change: str
) -> None:
    path = min(folder.rglob("*.parquet"))
    if change == "cut":
        path.write_bytes(path.read_bytes()[:-9])
    elif change == "gone":
        path.unlink()
    elif change == "more":
        (path.parent / "part-1.parquet").write_bytes(path.read_bytes())
    else:
        pq.write_table(pq.read_table(path, partitioning=None).slice(1), path)
    api.publish(TABLE, release())
    before, sent = looks(folder), len(api.requests)
    with pytest.raises((ProvenanceError, QueryError)):
        ji.update(folder, client=client)
    assert len(api.requests) == sent
    with pytest.raises(ProvenanceError):
        ji.read_parquet(folder)
    assert looks(folder) == before


def test_one_file_of_a_dataset_is_read_by_itself_and_is_no_question(client: ji.Client, folder: Path) -> None:
    one = ji.read_parquet(folder / "Periode=2025Q01" / "part-0.parquet")
    whole = ji.read_parquet(folder, filters=[("Periode", "=", "2025Q01")])
    same_cells(one, whole)
    with pytest.raises(ProvenanceError, match="does not hold its question as it was asked"):
        ji.update(folder / "Periode=2025Q01" / "part-0.parquet", client=client)


def test_links_are_copies_where_there_are_none(
    api: Any, client: ji.Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: Any) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    api.publish(TABLE, release(new_period=True))
    ji.update(folder, client=client)
    same_cells(ji.read_parquet(folder), client.read(TABLE, **QUESTION))


def _hold(path: Any, held: Any, let_go: Any) -> None:
    with claimed(path) as free:
        assert free
        held.set()
        let_go.wait(30)


def test_a_folder_that_another_process_writes_is_left(api: Any, client: ji.Client, folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, let_go = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(folder, held, let_go))
    other.start()
    assert held.wait(30)
    with pytest.raises(QueryError, match="is being written by another process"):
        ji.export(TABLE, folder, **QUESTION, client=client)
    with pytest.raises(QueryError, match="is being updated by another process"):
        ji.update(folder, client=client)
    let_go.set()
    other.join(30)


@pytest.mark.untraced
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that is forked")
def test_killed_at_any_moment_the_old_or_the_new_stands_and_the_next_run_goes_on(
    api: Any, client: ji.Client, tmp_path: Path
) -> None:
    rng = random.Random(4)
    moments = 200 if os.environ.get("JOBINDSATS_FULL") else 20
    folder, question = (
        tmp_path / "x",
        {"by": "A-kasse", "periods": "2025Q03:", "measures": "Antal sanktioner i alt"},
    )
    narrow = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "cache", max_cells=25)
    ji.export(TABLE, folder, **question, client=narrow)
    old = ji.read_parquet(folder)
    for number in range(moments):
        api.publish(TABLE, release(number + 1, revised=True))
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                if number % 2:
                    ji.update(folder, client=narrow)
                else:
                    ji.export(TABLE, folder, **question, client=narrow)
            os._exit(0)
        time.sleep(rng.random() * 0.5)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = ji.read_parquet(folder)
        if found.attrs["jobindsats"]["update_latest"] == old.attrs["jobindsats"]["update_latest"]:
            same_cells(found, old)
        ji.update(folder, client=narrow)
        old = ji.read_parquet(folder)
        assert old.attrs["jobindsats"]["update_latest"] == release(number + 1).update_latest
    same_cells(old, client.read(TABLE, **question))
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["cache", folder.name])
