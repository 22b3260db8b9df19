"""What a scheduled job is told: plain words at INFO, every request at DEBUG, the key never."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from bodies import BODY

import jobindsats_pandas as ji
from jobindsats_pandas.command_line import main
from jobindsats_pandas.errors import QueryError, StaleDataWarning
from jobindsats_pandas.sandbox import FixedTable, serve
from jobindsats_pandas.transport import Patience, Transport

PATH = "data/x01?n=1&format=json"


@pytest.fixture
def api():
    table = FixedTable(
        {"table_id": "x01"}, rows=lambda asked: {"columns": ["Periode"], "rows": [[asked.get("n")]]}
    )
    with serve(tables={"x01": table}) as api:
        yield api


@pytest.fixture
def clock():
    return [datetime(2026, 7, 1, 10, tzinfo=UTC)]


@pytest.fixture
def transport(api, tmp_path, clock):
    patience = Patience(pause=0.01)
    return Transport(
        token=api.token, base_url=api.url, cache_dir=tmp_path, patience=patience, clock=lambda: clock[0]
    )


def told(caplog, level):
    return [record.message for record in caplog.records if record.levelno == level]


def test_a_job_is_told_what_was_asked_waited_for_and_taken_from_disk(api, transport, caplog, clock):
    caplog.set_level(logging.INFO, "jobindsats_pandas")
    api.faults.add("503", retry_after="0")
    transport.fetch(PATH, BODY)
    transport.fetch(PATH, BODY)
    clock[0] += timedelta(days=2)
    api.faults.add("500", times=None)
    with pytest.warns(StaleDataWarning):
        transport.fetch(PATH, BODY)
    api.faults.clear()
    api.faults.add("422", cause="Unknown period type")
    with pytest.raises(QueryError):
        transport.fetch("data/x01?n=2&format=json", BODY)
    lines = told(caplog, logging.INFO)
    assert lines[0].startswith(
        "waits 0.0 s before try 2: The API, or the hosting in front of it, answered with HTTP 503"
    )
    assert lines[1].startswith(f"{PATH}: asked, ")
    assert lines[2] == f"{PATH}: from disk, fetched 2026-07-01 at 12:00"
    assert lines[-3].startswith(f"{PATH}: ServiceError: ")
    assert lines[-2] == f"{PATH}: from disk though it is old, fetched 2026-07-01 at 12:00"
    assert lines[-1].startswith(
        "data/x01?n=2&format=json: QueryError: The API refuses the question (HTTP 422)"
    )
    assert api.token not in caplog.text


def test_every_request_is_told_at_debug_without_the_key(api, transport, caplog):
    caplog.set_level(logging.DEBUG)
    api.faults.add("503", retry_after="0")
    transport.fetch(PATH, BODY)
    lines = [record.message for record in caplog.records if record.name == "jobindsats_pandas"]
    assert [line for line in lines if line.startswith("GET ")] == [
        f"GET {api.url}/{PATH}, try 1",
        f"GET {api.url}/{PATH}, try 2",
    ]
    assert any(line.startswith("HTTP 503: ") for line in lines)
    assert any(line.startswith("HTTP 200 after ") for line in lines)
    assert api.token not in caplog.text


def test_nobody_who_did_not_ask_is_told_anything(api, transport, capfd):
    api.faults.add("503", retry_after="0")
    transport.fetch(PATH, BODY)
    assert capfd.readouterr() == ("", "")
    assert any(
        isinstance(handler, logging.NullHandler)
        for handler in logging.getLogger("jobindsats_pandas").handlers
    )


def test_a_long_question_is_cut_in_the_log(transport, caplog):
    caplog.set_level(logging.INFO, "jobindsats_pandas")
    transport.fetch(PATH + "&x=" + "y" * 1500, BODY)
    (line,) = told(caplog, logging.INFO)
    assert len(line) < 250
    assert "letters)" in line


def test_what_took_too_long_and_is_split_is_told(tmp_path, caplog):
    caplog.set_level(logging.INFO, "jobindsats_pandas")
    with ji.sandbox.serve() as api:
        api.faults.add("504", times=2, path="/data/")
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        client.read("y01h01", by={"A-kasse": "*"}, periods="latest:2")
    assert any("took too long: split into 2 requests" in line for line in told(caplog, logging.INFO))


@pytest.mark.parametrize(
    ("flags", "seen"), [([], ()), (["--verbose"], ("asked, ",)), (["--verbose"] * 2, ("asked, ", "GET "))]
)
def test_the_command_line_shows_it_where_it_is_asked_to(api, tmp_path, monkeypatch, capsys, flags, seen):
    monkeypatch.setenv("JOBINDSATS_API_URL", api.url)
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", api.token)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path))
    assert main([*flags, "tables"]) == 0
    shown = capsys.readouterr().err
    for words in ("asked, ", "GET "):
        assert (words in shown) is (words in seen)
    assert api.token not in shown
    log = logging.getLogger("jobindsats_pandas")
    assert (log.level, len(log.handlers)) == (logging.NOTSET, 1)
