"""Files that follow their table: asked only when it moved, refused where they hold anything else, never replaced by less."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from frames import same_cells

import jobindsats_pandas as ji
from jobindsats_pandas.errors import (
    ConfigurationError,
    ProvenanceError,
    QueryError,
    QueryWarning,
    ServiceError,
)
from jobindsats_pandas.files import claimed
from jobindsats_pandas.transport import Patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLE, BY = "y01h01", ["A-kasse"]


@pytest.fixture
def api() -> Iterator[Any]:
    """A sandbox of the test's own: what it publishes stays."""
    with ji.sandbox.serve() as server:
        yield server


@pytest.fixture
def path(client: ji.Client, tmp_path: Path) -> Path:
    target = tmp_path / "sanktioner æøå.parquet"
    read(client).jobindsats.to_parquet(target)
    return target


def read(client: ji.Client, **question: Any) -> pd.DataFrame:
    return client.read(TABLE, **{"by": BY, "periods": "latest:4", **question})


def release(number: int, **brings: Any) -> Any:
    return ji.sandbox.Release(f"{date(2026, 11, 1) + timedelta(number)}", "2027-12-31", **brings)


def looks(path: Path) -> tuple[bytes, int, int]:
    return path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino


def test_nothing_new_is_one_request_and_the_file_keeps_its_bytes_and_its_time(
    api: Any, client: ji.Client, path: Path
) -> None:
    before, asked = looks(path), len(api.requests)
    revisions = ji.update(path, client=client)
    assert (len(revisions), bool(revisions), revisions.table) == (0, False, TABLE)
    assert [request.path for request in api.requests[asked:]] == [f"/v3/table/{TABLE}"]
    assert looks(path) == before


def test_a_new_release_is_asked_for_compared_and_written(api: Any, client: ji.Client, path: Path) -> None:
    old = ji.read_parquet(path)
    api.publish(TABLE, release(1, new_period=True))
    revisions = ji.update(path, client=client)
    new = ji.read_parquet(path)
    same_cells(new, read(client))
    assert new.attrs["jobindsats"]["update_latest"] == "2026-11-02"
    assert revisions.counts == ji.compare(old, new).counts
    assert (revisions.periods_new, revisions.periods_gone) == (("2026Q03",), ("2025Q03",))
    assert len(ji.update(path, client=client)) == 0


def test_after_ten_releases_the_file_is_a_fresh_read_and_the_log_is_what_the_sandbox_changed(
    api: Any, client: ji.Client, tmp_path: Path
) -> None:
    path, kept = tmp_path / "x.parquet", tmp_path / "releases"
    client.read("y25i01", by={"_region": "*"}, periods="2026M01:").jobindsats.to_parquet(path)
    frames = [ji.read_parquet(path)]
    for number in range(1, 11):
        brings = {"new_period": number % 3 == 0, "revised": number % 2 == 1}
        if number == 4:
            brings["renamed"] = {"_region": {"/1/": "Hovedstaden"}}
        api.publish("y25i01", release(number, **brings))
        revisions = ji.update(path, releases=kept, client=client)
        truth = ji.sandbox.changes(*api.releases["y25i01"][-2:], "M", ["_region"])
        moved = {(cell.measure_id, cell.period_id, cell.members["_region"]) for cell in truth.cells}
        assert len(revisions) == len({cell for cell in moved if cell[1] >= "2026M01"})
        assert revisions.periods_new == truth.periods_new
        frames.append(ji.read_parquet(path))
    same_cells(frames[-1], client.read("y25i01", by={"_region": "*"}, periods="2026M01:"))
    listed = ji.releases(kept)
    assert listed["release"].to_list() == ["2026-09-10", *(f"2026-11-{day:02d}" for day in range(2, 12))]
    for frame, row in zip(frames, listed.itertuples(), strict=True):
        same_cells(ji.read_parquet(kept, as_of=row.update_latest), frame)
    assert ji.read_parquet(kept, as_of="2026-10-31").equals(frames[0])
    with pytest.raises(QueryError, match=r"before the first of the 11 releases in .*, 2026-09-10\."):
        ji.read_parquet(kept, as_of="2026-09-09")


def test_a_partitioned_directory_stays_one(api: Any, client: ji.Client, tmp_path: Path) -> None:
    path = tmp_path / "parts"
    read(client).jobindsats.to_parquet(path, partition_by="Periode")
    api.publish(TABLE, release(1, new_period=True))
    assert ji.update(path, client=client).periods_new == ("2026Q03",)
    assert max(one.name for one in path.glob("Periode=*")) == "Periode=2026Q03"
    same_cells(ji.read_parquet(path), read(client))


REFUSED = {
    "filtered": lambda df: df[df["A-kasse"] != "Min A-kasse"].reset_index(drop=True),
    "a row doubled": lambda df: pd.concat([df, df.tail(1)], ignore_index=True),
    "a column left out": lambda df: df.iloc[:, :-1],
    "renamed": lambda df: df.rename(columns={df.columns[2]: "n"}),
    "filled": lambda df: df.assign(**{df.columns[5]: df.iloc[:, 5].fillna(1)}),
    "computed": lambda df: df.assign(**{df.columns[2]: df.iloc[:, 2] * 2}),
    "written over": lambda df: df.assign(**{df.columns[2]: df.iloc[:, 2].where(df.index > 0, 7)}),
    "a column more": lambda df: df.assign(x=1),
    "relabelled": lambda df: df.assign(
        **{"A-kasse": df["A-kasse"].cat.rename_categories(lambda name: name.upper())}
    ),
    "periods moved": lambda df: df.assign(Periode=df["Periode"] + 1),
    "labels changed places": lambda df: df.assign(**{"A-kasse": df["A-kasse"].to_numpy()[::-1]}).astype(
        {"A-kasse": df["A-kasse"].dtype}
    ),
    "periods changed places": lambda df: df.assign(Periode=df["Periode"].to_numpy()[::-1]),
    "cells of one column changed places": lambda df: df.assign(**{df.columns[3]: df.iloc[::-1, 3].array}),
    "a row for two others": lambda df: df.iloc[[1, 1, 1, *range(3, len(df))]].reset_index(drop=True),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_a_file_with_other_cells_is_refused_before_anything_is_asked(
    api: Any, client: ji.Client, tmp_path: Path, change: Any
) -> None:
    path = tmp_path / "x.parquet"
    df = read(client)
    changed = change(df)
    changed.attrs = df.attrs
    changed.jobindsats.to_parquet(path)
    before, asked = looks(path), len(api.requests)
    api.publish(TABLE, release(1))
    with pytest.raises(ProvenanceError, match="holds other cells than its question brought"):
        ji.update(path, client=client)
    assert len(api.requests) == asked
    assert looks(path) == before


def test_rows_in_another_order_are_the_same_cells(api: Any, client: ji.Client, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    read(client).iloc[::-1].reset_index(drop=True).jobindsats.to_parquet(path)
    api.publish(TABLE, release(1))
    assert len(ji.update(path, client=client))


@pytest.mark.parametrize(
    "question",
    [
        {"layout": "long"},
        {"complete": True},
        {"periods": "2025Q01:"},
        {"periods": ["2025Q01", "2025Q02"]},
        {"by": {"_akassedp": ["Min A-kasse", "FOAs A-kasse"]}, "measures": ["Antal sanktioner i alt"]},
        {"additive": {"Antal sanktioner i alt": "stock"}},
    ],
    ids=str,
)
def test_a_question_is_asked_again_as_it_was_asked(
    api: Any, client: ji.Client, tmp_path: Path, question: dict[str, Any]
) -> None:
    path = tmp_path / "x.parquet"
    read(client, **question).jobindsats.to_parquet(path)
    assert len(ji.update(path, client=client)) == 0
    api.publish(TABLE, release(1, new_period=True))
    revisions = ji.update(path, client=client)
    grows = question.get("periods") != ["2025Q01", "2025Q02"]
    assert revisions.periods_new == (("2026Q03",) if grows else ())
    same_cells(ji.read_parquet(path), read(client, **question))


def test_what_was_merged_has_no_question_and_says_so(client: ji.Client, tmp_path: Path) -> None:
    merged = read(client).merge(pd.DataFrame({"A-kasse": ["FOAs A-kasse"], "own": [1]}), on="A-kasse")
    merged.jobindsats.to_parquet(tmp_path / "x.parquet")
    with pytest.raises(ProvenanceError, match="the frame was merged or reshaped before it was written"):
        ji.update(tmp_path / "x.parquet", client=client)


def test_a_question_too_long_to_keep_cannot_be_updated_and_says_so(
    api: Any, client: ji.Client, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    rng = random.Random(1)
    spelt = [
        "".join(rng.choice([letter.upper(), letter.lower()]) for letter in name)
        for name in client.table("y30r21").members("_nykom")["member_name"][1:]
        for _ in range(6)
    ]
    df = client.read("y30r21", by={"_nykom": spelt}, periods=1, measures=["Antal personer"])
    df.jobindsats.to_parquet(path)
    asked = len(api.requests)
    with pytest.raises(ProvenanceError, match=r"longer than 3,000 bytes\. Read the table again"):
        ji.update(path, client=client)
    assert len(api.requests) == asked


def test_a_file_does_not_decide_where_the_key_goes(
    api: Any, client: ji.Client, path: Path, tmp_path: Path
) -> None:
    with ji.sandbox.serve() as other:
        stranger = ji.Client(token=other.token, base_url=other.url, cache_dir=tmp_path / "other")
        with pytest.raises(
            ConfigurationError, match=r"was read from http://127\.0\.0\.1:\d+/v3, and the client asks"
        ):
            ji.update(path, client=stranger)
        assert other.requests == []


def test_an_older_answer_is_never_taken_for_a_new_one(api: Any, client: ji.Client, path: Path) -> None:
    before = looks(path)
    client._transport._patience = lambda: Patience(pause=0.01, longest_pause=0.02)
    api.publish(TABLE, release(1))
    api.faults.add("503", path="table/", times=None)
    with pytest.raises(ServiceError, match="The file stays as it is"):
        ji.update(path, client=client)
    api.faults.clear()
    api.faults.add("503", path="data/", times=None)
    with pytest.raises(ServiceError):
        ji.update(path, client=client)
    api.faults.clear()
    assert looks(path) == before
    assert len(ji.update(path, client=client))


def test_what_was_announced_and_did_not_come_is_asked_for_again_and_is_no_release(
    api: Any, client: ji.Client, path: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    api.publish(TABLE, release(1, new_period=True, late=True))
    with pytest.warns(QueryWarning, match="the answer has no row for 2026Q03"):
        ji.update(path, releases=kept, client=client)
    assert ji.releases(kept)["release"].to_list() == ["2026-08-20"]
    before = looks(path)
    with pytest.warns(QueryWarning, match="no row for 2026Q03"):
        ji.update(path, releases=kept, client=client, refresh=True)
    assert looks(path) == before
    api.arrive(TABLE)
    revisions = ji.update(path, releases=kept, client=client, refresh=True)
    assert revisions.periods_new == ("2026Q03",)
    assert ji.releases(kept)["release"].to_list() == ["2026-08-20", "2026-11-02"]
    same_cells(ji.read_parquet(path), read(client))


def test_a_second_publication_of_one_day_is_found_with_refresh_and_kept_beside_the_first(
    api: Any, client: ji.Client, path: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    first = ji.read_parquet(path)
    api.publish(TABLE, ji.sandbox.Release("2026-08-20", "2026-11-19"))
    assert len(ji.update(path, releases=kept, client=client)) == 0
    assert len(ji.update(path, releases=kept, client=client, refresh=True))
    assert ji.releases(kept)["release"].to_list() == ["2026-08-20", "2026-08-20-2"]
    same_cells(ji.read_parquet(ji.releases(kept)["path"][0]), first)
    assert ji.read_parquet(kept, as_of="2026-08-20").equals(ji.read_parquet(path))
    assert len(ji.update(path, releases=kept, client=client, refresh=True)) == 0
    assert len(ji.releases(kept)) == 2


@pytest.mark.parametrize(
    ("table", "question"),
    [
        ("y25i01", {"periods": "latest:4"}),
        (TABLE, {"by": "Kommune", "periods": "latest:4"}),
        (TABLE, {"by": BY, "periods": "latest:2"}),
        (TABLE, {"by": BY, "periods": "latest:4", "measures": "Antal sanktioner i alt"}),
    ],
)
def test_a_folder_of_releases_holds_those_of_one_question(
    client: ji.Client, path: Path, tmp_path: Path, table: str, question: dict[str, Any]
) -> None:
    kept, other = tmp_path / "kept", tmp_path / "other.parquet"
    ji.update(path, releases=kept, client=client)
    client.read(table, **question).jobindsats.to_parquet(other)
    for refresh in (False, True):
        with pytest.raises(ProvenanceError, match=r"kept holds releases of another question: .*y01h01"):
            ji.update(other, releases=kept, client=client, refresh=refresh)
    assert ji.releases(kept)["release"].to_list() == ["2026-08-20"]


@pytest.mark.parametrize("where", ["the file", "a partitioned directory", "below one"])
def test_releases_need_a_folder_of_their_own(
    api: Any, client: ji.Client, path: Path, tmp_path: Path, where: str
) -> None:
    directory = tmp_path / "directory"
    read(client).jobindsats.to_parquet(directory, partition_by="A-kasse")
    followed, kept = (
        (path, path)
        if where == "the file"
        else (directory, directory if where == "a partitioned directory" else directory / "kept")
    )
    asked = len(api.requests)
    for refresh in (False, True):
        with pytest.raises(
            QueryError, match=r"is a file, and releases are kept in a folder|written with partition_by"
        ):
            ji.update(followed, releases=kept, client=client, refresh=refresh)
    assert len(api.requests) == asked
    same_cells(ji.read_parquet(followed), read(client))


def test_a_file_has_no_releases_in_it(client: ji.Client, path: Path) -> None:
    for attempt in (
        lambda: ji.read_parquet(path, as_of="2026-10-01"),
        lambda: ji.releases(path),
        lambda: ji.revision_triangle(path, "Antal sanktioner i alt"),
    ):
        with pytest.raises(QueryError, match="is a file, and releases are kept in a folder"):
            attempt()


def test_a_withdrawn_table_leaves_the_file(api: Any, client: ji.Client, path: Path) -> None:
    before = looks(path)
    del api.tables[TABLE]
    with pytest.raises(QueryError, match="no table 'y01h01'"):
        ji.update(path, client=client)
    assert looks(path) == before


def test_an_api_that_goes_back_in_time_is_not_followed(api: Any, client: ji.Client, path: Path) -> None:
    before = looks(path)
    api.publish(TABLE, ji.sandbox.Release("2026-05-20", "2026-08-20"))
    with pytest.raises(ServiceError, match=r"last updated on 2026-05-20; the file is of 2026-08-20"):
        ji.update(path, client=client)
    assert looks(path) == before


def _hold(path: Any, held: Any, let_go: Any) -> None:
    with claimed(path) as free:
        assert free
        held.set()
        let_go.wait(30)


def test_two_updates_of_one_file_do_not_run_at_once(api: Any, client: ji.Client, path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, let_go = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(path, held, let_go))
    other.start()
    assert held.wait(30)
    asked = len(api.requests)
    with pytest.raises(QueryError, match="is being updated by another process"):
        ji.update(path, client=client)
    assert len(api.requests) == asked
    let_go.set()
    other.join(30)
    assert len(ji.update(path, client=client)) == 0


@pytest.mark.untraced
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a process that is forked")
def test_killed_at_any_moment_the_old_or_the_new_stands_and_the_next_run_goes_on(
    api: Any, client: ji.Client, path: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    rng = random.Random(3)
    moments = 200 if os.environ.get("JOBINDSATS_FULL") else 20
    old = ji.read_parquet(path)
    for number in range(moments):
        api.publish(TABLE, release(number + 1, revised=True))
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                ji.update(path, releases=kept, client=client)
            os._exit(0)
        time.sleep(rng.random() * 0.4)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = ji.read_parquet(path)
        if found.attrs["jobindsats"]["update_latest"] == old.attrs["jobindsats"]["update_latest"]:
            same_cells(found, old)
        ji.update(path, releases=kept, client=client)
        old = ji.read_parquet(path)
        assert ji.read_parquet(kept, as_of=release(number + 1).update_latest).equals(old)
    same_cells(old, read(client))
    assert len(ji.releases(kept)) == moments + 1
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["cache", "kept", path.name])


def test_a_file_that_is_not_there_or_not_ours_is_told(client: ji.Client, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ji.update(tmp_path / "nowhere.parquet", client=client)
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    with pytest.raises(ProvenanceError):
        ji.update(tmp_path / "x.parquet", client=client)


@pytest.mark.parametrize("form", ["file", "dataset"])
def test_ten_nights_with_one_change_bring_less_than_a_seventh_of_ten_reads(
    api: Any, client: ji.Client, tmp_path: Path, form: str
) -> None:
    path, question = tmp_path / "x", {"by": {"_nykom": "*", "Tilbud": "*"}, "periods": "latest:6"}
    if form == "file":
        client.read("y01c01", **question).jobindsats.to_parquet(path)
    else:
        ji.export("y01c01", path, **question, client=client)
    once = sum(request.size for request in api.requests)
    api.requests.clear()
    for night in range(10):
        if night == 5:
            api.publish("y01c01", release(1))
        assert bool(ji.update(path, client=client)) == (night == 5)
    assert sum(request.size for request in api.requests) < 0.15 * 10 * once
    assert len([request for request in api.requests if "/table/" in request.path]) <= 12


# --- what is due -----------------------------------------------------------------------------------------------------


def test_one_request_tells_what_is_due_in_files_and_in_the_cache(
    api: Any, client: ji.Client, path: Path, tmp_path: Path
) -> None:
    for name, by in (("parts", "Periode"), ("long.parquet", None)):
        client.read("y25i01", periods=2).jobindsats.to_parquet(tmp_path / name, partition_by=by)
    ji.export("y28a15", tmp_path / "dataset", client=client)
    api.publish(TABLE, release(1, new_period=True, late=True))
    with pytest.warns(QueryWarning, match="no row for 2026Q03"):
        ji.update(path, client=client)
    api.publish("y28a15", release(2))
    del api.tables["y25i01"]
    api.requests.clear()
    found = ji.due(path, tmp_path / "parts", tmp_path / "long.parquet", tmp_path / "dataset", client=client)
    assert [request.path for request in api.requests] == ["/v3/tables"]
    assert found["table_id"].to_list()[:4] == [TABLE, "y25i01", "y25i01", "y28a15"]
    assert found["file"].to_list()[4:] == ["", "", ""]
    assert set(found["table_id"][4:]) == {TABLE, "y25i01", "y28a15"}
    assert found["newer"].to_list()[:4] == [False, pd.NA, pd.NA, True]
    cached = dict(zip(found["table_id"][4:], found["newer"][4:], strict=True))
    assert (cached[TABLE], cached["y28a15"], cached["y25i01"] is pd.NA) == (False, True, True)
    assert found["missing"].to_list()[:2] == ["2026Q03", ""]
    assert found["held"].astype("str").to_list()[0] == "2026-11-02"
    assert (
        found["update_next"].dtype == found["update_latest"].dtype == found["held"].dtype == "datetime64[s]"
    )


def test_an_older_list_tells_nothing_of_what_is_due(api: Any, client: ji.Client, path: Path) -> None:
    client.tables()
    client._transport._patience = lambda: Patience(pause=0.01, longest_pause=0.02)
    api.faults.add("503", path="/tables", times=None)
    with pytest.raises(ServiceError, match="Which tables were updated could not be asked"):
        ji.due(path, client=client)


def test_what_is_no_file_of_ours_is_due_for_nothing(
    api: Any, client: ji.Client, path: Path, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ji.due(tmp_path / "nowhere.parquet", client=client)
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(ProvenanceError, match=r"was not written by df\.jobindsats\.to_parquet"):
        ji.due(tmp_path / "x.parquet", client=client)
    without = read(client)
    without.attrs.clear()
    without.jobindsats.to_parquet(tmp_path / "x.parquet")
    with pytest.raises(ProvenanceError, match="does not say which table it is of"):
        ji.due(tmp_path / "x.parquet", client=client)
    with ji.sandbox.serve() as other, pytest.raises(ConfigurationError, match="the client asks"):
        ji.due(path, client=ji.Client(other.token, other.url, tmp_path / "other"))
    assert len(ji.due(client=ji.Client(api.token, api.url, tmp_path / "empty"))) == 0
