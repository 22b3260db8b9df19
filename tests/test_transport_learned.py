"""What is learned of a host: kept for its days, never half written, never a reason to fail."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.files import Directory
from jobindsats_pandas.transport import Transport
from jobindsats_pandas.transport.learned import Learned

HOST = "api.jobindsats.dk"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def moment():
    return [NOW]


@pytest.fixture
def learned(tmp_path, moment):
    return Learned(Directory(tmp_path / "cache"), partial(moment.__getitem__, 0))


def path_of(learned):
    return learned._directory.path / "learned.json"


def test_what_is_noted_is_recalled_by_every_process_until_it_is_too_old(learned, moment):
    assert learned.recall(HOST, "form:list") is None
    learned.note(HOST, "form:list", {"refused": 60}, 30)
    learned.note(HOST, "total:y25i01:_akasse", "I alt", None)
    other = Learned(learned._directory, partial(moment.__getitem__, 0))
    assert other.recall(HOST, "form:list") == {"refused": 60}
    assert other.recall("127.0.0.1", "form:list") is None
    moment[0] += timedelta(days=29, hours=23)
    assert other.recall(HOST, "form:list") == {"refused": 60}
    moment[0] += timedelta(hours=2)
    assert other.recall(HOST, "form:list") is None
    assert other.recall(HOST, "total:y25i01:_akasse") == "I alt"


def test_what_is_too_old_leaves_the_file_with_the_next_note(learned, moment):
    learned.note(HOST, "old", 1, 1)
    moment[0] += timedelta(days=2)
    learned.note(HOST, "new", 2, None)
    assert list(json.loads(path_of(learned).read_text())["hosts"][HOST]) == ["new"]


@given(JSON, st.text(), st.text())
def test_any_plain_json_comes_back_as_it_went(tmp_path_factory, value, host, topic):
    learned = Learned(Directory(tmp_path_factory.mktemp("learned")), lambda: NOW)
    learned.note(host, topic, value, None)
    assert learned.recall(host, topic) == value


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), NOW])
def test_what_is_no_plain_json_is_the_callers_mistake(learned, value):
    with pytest.raises((TypeError, ValueError)):
        learned.note(HOST, "topic", value, None)
    assert not path_of(learned).exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"format": 2, "hosts": {"api.jobindsats.dk": {"topic": {"value": 1, "until": null}}}}',
        b'{"format": 1}',
        b'{"format": 1, "hosts": []}',
        b'{"format": 1, "hosts": {"api.jobindsats.dk": 3}}',
        b'{"format": 1, "hosts": {"api.jobindsats.dk": {"topic": 3}}}',
        b'{"format": 1, "hosts": {"api.jobindsats.dk": {"topic": {"value": 1}}}}',
        b'{"format": 1, "hosts": {"api.jobindsats.dk": {"topic": {"value": 1, "until": 5}}}}',
        b'{"format": 1, "hosts": {"api.jobindsats.dk": {"topic": {"value": 1, "until": "2099-01-01"}}}}',
        b"[" * 100_000,
        b" " * 4_000_001,
    ],
    ids=lambda content: repr(content[:80]),
)
def test_damaged_and_foreign_content_counts_as_empty_and_is_written_over(learned, content):
    path_of(learned).parent.mkdir()
    path_of(learned).write_bytes(content)
    assert learned.recall(HOST, "topic") is None
    learned.note(HOST, "topic", "new", 30)
    assert learned.recall(HOST, "topic") == "new"


def test_a_file_that_was_cut_counts_as_empty(learned):
    learned.note(HOST, "topic", "value", 30)
    whole = path_of(learned).read_bytes()
    for length in range(len(whole)):
        path_of(learned).write_bytes(whole[:length])
        assert learned.recall(HOST, "topic") is None


def test_a_disk_that_cannot_be_written_costs_the_memory_alone(tmp_path):
    (tmp_path / "file").write_text("in the way")
    learned = Learned(Directory(tmp_path / "file"), lambda: NOW)
    learned.note(HOST, "topic", 1, 30)
    assert learned.recall(HOST, "topic") is None
    learned.clear()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_the_file_is_its_owners_alone(learned):
    learned.note(HOST, "topic", 1, 30)
    assert path_of(learned).stat().st_mode & 0o777 == 0o600
    assert path_of(learned).parent.stat().st_mode & 0o777 == 0o700


def test_readers_beside_many_writers_see_whole_files_only(learned, moment):
    learned.note(HOST, "always", "here", None)
    done = threading.Event()

    def write(number):
        for turn in range(40):
            Learned(learned._directory, lambda: NOW).note(
                HOST, "changing", "x" * (1000 * number + turn), None
            )

    def read():
        seen = []
        while not done.is_set():
            seen.append(Learned(learned._directory, lambda: NOW).recall(HOST, "always"))
        return seen

    with ThreadPoolExecutor(5) as pool:
        reading = pool.submit(read)
        list(pool.map(write, range(1, 4)))
        done.set()
    assert set(reading.result()) == {"here"}
    assert [path.name for path in path_of(learned).parent.iterdir()] == ["learned.json"]


def test_a_transport_keeps_it_beside_its_answers(tmp_path):
    transport = Transport(token=None, base_url="https://api.jobindsats.dk/v3", cache_dir=tmp_path)
    transport.learned.note(HOST, "total:y25i01:_akasse", "I alt", None)
    assert (tmp_path / "learned.json").is_file()
    assert transport.cache.list().empty
    transport.cache.clear("y25i01")
    assert transport.learned.recall(HOST, "total:y25i01:_akasse") is None
