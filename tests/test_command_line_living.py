"""`update`, `releases` and `compare` at the command line: a line for each file, an honest exit status."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.command_line import main
from jobindsats_pandas.command_line.living import may_ask
from jobindsats_pandas.files import claimed

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def api() -> Iterator[Any]:
    """A sandbox of the test's own: what it publishes stays."""
    with ji.sandbox.serve() as server:
        yield server


@pytest.fixture(autouse=True)
def environment(api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", api.token)
    monkeypatch.setenv("JOBINDSATS_API_URL", api.url)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    assert (
        main(["read", "y01h01", "--by", "A-kasse", "--periods", "latest:3", "--out", "sanktioner.parquet"])
        == 0
    )
    assert main(["read", "y25i01", "--periods", "latest:3", "--out", "ledige.parquet"]) == 0
    capsys.readouterr()


def publish(api: Any, table: str = "y01h01", day: str = "2026-11-02", **brings: Any) -> None:
    api.publish(table, ji.sandbox.Release(day, "2027-02-19", **brings))


def test_many_files_are_updated_and_each_is_told_in_one_line(api: Any, capsys: Any) -> None:
    publish(api, new_period=True)
    assert main(["update", "sanktioner.parquet", "ledige.parquet"]) == 0
    told, errors = capsys.readouterr()
    first, second = told.splitlines()
    assert first.startswith("sanktioner.parquet: updated, y01h01 of 2026-11-02: ")
    assert first.endswith(" newly shown, 2026Q03 came, 2025Q04 left")
    assert second == "ledige.parquet: unchanged, y25i01 of 2026-09-10"
    assert not errors
    pd.testing.assert_frame_equal(
        ji.read_parquet("sanktioner.parquet"), ji.read_jobindsats("y01h01", by="A-kasse", periods="latest:3")
    )


def test_it_goes_on_after_a_file_that_failed_and_the_exit_status_says_so(
    api: Any, capsys: Any, tmp_path: Path
) -> None:
    (tmp_path / "other.parquet").write_bytes(b"PAR1")
    publish(api)
    assert main(["update", "nowhere.parquet", "other.parquet", "sanktioner.parquet"]) == 1
    told, errors = capsys.readouterr()
    assert [line.partition(" of ")[0] for line in told.splitlines()] == [
        "sanktioner.parquet: updated, y01h01"
    ]
    lines = errors.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [
        ["jobindsats", "nowhere.parquet"],
        ["jobindsats", "other.parquet"],
    ]


def test_lines_of_json_tell_what_a_scheduler_needs(api: Any, capsys: Any) -> None:
    publish(api, new_period=True)
    assert main(["update", "--json", "nowhere.parquet", "sanktioner.parquet", "ledige.parquet"]) == 1
    told, errors = capsys.readouterr()
    failed, updated, unchanged = map(json.loads, told.splitlines())
    assert not errors
    assert (failed["file"], failed["state"]) == ("nowhere.parquet", "failed")
    assert "no file or directory nowhere.parquet" in failed["error"]
    assert (updated["state"], updated["table"], updated["update_latest"]) == (
        "updated",
        "y01h01",
        "2026-11-02",
    )
    assert (updated["periods_new"], updated["periods_gone"]) == (["2026Q03"], ["2025Q04"])
    assert updated["changes"]["new"] == updated["changes"]["gone"] > 0
    assert unchanged["state"] == "unchanged"
    assert (unchanged["changes"], unchanged["missing"]) == ({}, [])


@pytest.mark.filterwarnings("default::jobindsats_pandas.errors.QueryWarning")
def test_what_was_announced_and_did_not_come_is_told(api: Any, capsys: Any) -> None:
    publish(api, new_period=True, late=True)
    assert main(["update", "sanktioner.parquet"]) == 0
    assert "2026Q03 did not come yet" in capsys.readouterr().out


def test_a_file_that_is_being_updated_is_told_and_left(api: Any, capsys: Any, tmp_path: Path) -> None:
    publish(api)
    with claimed(tmp_path / "sanktioner.parquet"):
        assert main(["update", "sanktioner.parquet", "ledige.parquet"]) == 1
    told, errors = capsys.readouterr()
    assert "sanktioner.parquet is being updated by another process; nothing was done." in errors
    assert told.startswith("ledige.parquet: unchanged")


def test_releases_are_kept_listed_and_compared(api: Any, capsys: Any) -> None:
    publish(api)
    files = ["sanktioner.parquet", "ledige.parquet"]
    assert main(["update", *files, "--releases", "kept"]) == 1
    assert (
        "Say --releases 'kept/{name}', where {name} stands for the name of each." in capsys.readouterr().err
    )
    assert main(["update", *files, "--releases", "kept/{name}"]) == 0
    assert main(["update", "sanktioner.parquet", "--releases", "kept/sanktioner", "--refresh"]) == 0
    capsys.readouterr()
    assert main(["releases", "kept/sanktioner"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "2026-08-20",
        "2026-11-02",
    ]
    old, new = (f"kept/sanktioner/{day}.parquet" for day in ("2026-08-20", "2026-11-02"))
    assert main(["compare", old, new]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Revisions of y01h01")
    assert ".changes" not in told
    assert main(["compare", old, "ledige.parquet"]) == 1
    assert "the old file is of table y01h01, the new one of y25i01" in capsys.readouterr().err
    assert main(["compare", old, "kept/sanktioner"]) == 1
    assert (
        "Say which one: the file of 2026-11-02. `jobindsats releases FOLDER` lists them."
        in capsys.readouterr().err
    )
    assert main(["releases", "kept"]) == 1
    told = capsys.readouterr().err
    assert "kept holds no releases; those of several files stand in kept/ledige, kept/sanktioner." in told
    Path("empty").mkdir()
    assert main(["releases", "empty"]) == 1
    assert (
        "empty holds no releases; `jobindsats update FILE --releases FOLDER` keeps" in capsys.readouterr().err
    )


@pytest.mark.parametrize("command", [["update"], ["compare", "sanktioner.parquet"], ["due"]])
def test_a_file_of_others_is_told_in_the_words_of_the_command_line(command: list[str], capsys: Any) -> None:
    pd.DataFrame({"x": [1]}).to_parquet("other.parquet")
    assert main([*command, "other.parquet"]) == 1
    told = "other.parquet was not written by `jobindsats read --out`, so what its cells are is not known."
    assert capsys.readouterr().err.endswith(f"{told}\n")
    if command == ["update"]:
        assert main(["update", "--json", "other.parquet"]) == 1
        assert json.loads(capsys.readouterr().out)["error"] == told


def test_a_file_of_another_address_is_told_what_to_set(
    api: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBINDSATS_API_URL", "http://127.0.0.1:9/v3")
    assert main(["update", "sanktioner.parquet"]) == 1
    told = capsys.readouterr().err
    assert api.url in told
    assert told.endswith("goes: if it is the right one, set JOBINDSATS_API_URL.\n")


def test_in_the_closed_hour_it_asks_waits_or_goes_by(
    api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    now = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        slept.append(seconds)
        now += timedelta(seconds=seconds)

    client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "other", closed_hour=True)
    client._transport._clock = lambda: now
    assert may_ask(client, "ask", sleep)
    assert not may_ask(client, "skip", sleep)
    assert slept == []
    assert may_ask(client, "wait", sleep)
    assert slept == [1800.0]
    assert may_ask(client, "skip", sleep)
    now -= timedelta(minutes=5)
    monkeypatch.setattr(ji, "Client", lambda: client)
    before = shutil.copy(tmp_path / "ledige.parquet", tmp_path / "before.parquet").read_bytes()
    assert main(["update", "ledige.parquet", "--closed-hour", "skip"]) == 0
    assert "skipped, as the API may be closed until 23:00 Danish time" in capsys.readouterr().out
    assert (tmp_path / "ledige.parquet").read_bytes() == before


def test_a_table_is_exported_and_followed(api: Any, capsys: Any) -> None:
    question = ["y01h01", "--by", "A-kasse", "--periods", "2025Q01:"]
    assert main(["export", *question, "sanktioner"]) == 0
    told, errors = capsys.readouterr()
    assert (told, errors) == ("", "126 rows in sanktioner\n")
    publish(api, new_period=True)
    assert main(["update", "sanktioner"]) == 0
    assert capsys.readouterr().out.startswith("sanktioner: updated, y01h01 of 2026-11-02: ")
    pd.testing.assert_frame_equal(
        ji.read_parquet("sanktioner"), ji.read_jobindsats("y01h01", by="A-kasse", periods="2025Q01:")
    )
    assert main(["export", "y28a15", "all"]) == 0
    assert len(ji.read_parquet("all")) == 16
    assert main(["export", "y28a15", "all", "--by", "Kommune", "--max-requests", "0"]) == 1


def test_what_is_due_is_listed(api: Any, capsys: Any) -> None:
    publish(api)
    assert main(["due", "ledige.parquet", "sanktioner.parquet"]) == 0
    head, first, second, *cached = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "table_id", "held", "update_latest", "update_next", "newer", "missing"]
    assert first.split() == ["ledige.parquet", "y25i01", "2026-09-10", "2026-09-10", "2026-10-08", "False"]
    assert second.split() == [
        "sanktioner.parquet",
        "y01h01",
        "2026-08-20",
        "2026-11-02",
        "2027-02-19",
        "True",
    ]
    assert sorted(line.split()[0] for line in cached) == ["y01h01", "y25i01"]
