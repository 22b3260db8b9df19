"""Files of answers: what is written, what is read again, and what is never believed."""

from __future__ import annotations

import base64
import contextlib
import errno
import json
import os
import pickle
import random
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
import requests
from effort import effort
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict
from requests_cache import CachedSession

from jobindsats_pandas.errors import CacheWarning
from jobindsats_pandas.files import Directory
from jobindsats_pandas.transport import CacheView
from jobindsats_pandas.transport.entries import (
    EDITION,
    DamagedEntryError,
    Header,
    contents,
    pack,
    stored_response,
)
from jobindsats_pandas.transport.keys import cache_key, request_key
from jobindsats_pandas.transport.learned import Learned
from jobindsats_pandas.transport.parsing import Parser
from jobindsats_pandas.transport.storage import DiskCache, DiskStorage

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BODY = b'{"columns": ["Periode", "Antal"], "rows": [["2026M05", 107080]]}'


def answer(table="y25i01", body=BODY, fetched_at=NOW, query="format=json"):
    url = f"https://api.jobindsats.dk/v3/data/{table}?{query}"
    return cache_key(url), stored_response(
        url, body, fetched_at, fetched_at + timedelta(days=1), "application/json"
    )


def unpack(data):
    found = contents(data)
    if found is None:
        return None
    header, body = found
    times = (header.fetched_at, header.expires)
    return stored_response(header.url, body, *times, header.content_type, header.edition)


def same(left, right):
    return all(
        getattr(left, name) == getattr(right, name) for name in ("content", "url", "created_at", "expires")
    )


# One file.


@given(st.binary(max_size=2000))
def test_any_body_is_read_as_it_was_written(body):
    _, response = answer(body=body)
    assert same(unpack(pack(response)), response)


def test_a_file_is_a_line_of_json_and_the_compressed_body():
    line, _, compressed = pack(answer()[1]).partition(b"\n")
    header = json.loads(line)
    assert header["format"] == 2
    assert header["url"] == "https://api.jobindsats.dk/v3/data/y25i01?format=json"
    assert header["fetched_at"] == "2026-07-01T12:00:00+00:00"
    assert header["expires"] == "2026-07-02T12:00:00+00:00"
    assert header["content_type"] == "application/json"
    assert header["length"] == len(BODY)
    assert header["sha256"] == sha256(compressed).hexdigest()
    assert pa.decompress(compressed, len(BODY), codec="zstd", asbytes=True) == BODY


def test_nothing_of_the_request_and_only_the_content_type_is_written():
    response = answer()[1]
    response.headers = CaseInsensitiveDict({"Set-Cookie": "sekret", "Content-Type": "text/plain"})
    response.request.headers = CaseInsensitiveDict({"Authorization": "Bearer sekret"})
    data = pack(response)
    assert b"sekret" not in data
    assert unpack(data).headers == {"Content-Type": "text/plain", EDITION: ""}


def test_an_answer_without_its_times_is_not_written():
    response = answer()[1]
    response.expires = None
    with pytest.raises(ValueError, match="without its times"):
        pack(response)


def test_another_format_is_none_of_ours_but_no_damage():
    line, _, rest = pack(answer()[1]).partition(b"\n")
    newer = json.dumps(json.loads(line) | {"format": 3}).encode()
    assert unpack(newer + b"\n" + rest) is None


def test_no_flipped_bit_ever_changes_an_answer():
    _, response = answer(body=os.urandom(300) + BODY * 20)
    data, draw, believed = pack(response), random.Random(1), 0
    for _ in range(3000):
        spoilt = bytearray(data)
        spoilt[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        with contextlib.suppress(DamagedEntryError):
            read = unpack(bytes(spoilt))
            believed += read is not None
            assert read is None or same(read, response)
    assert believed < 10  # a few bits of a zstd frame mean nothing


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.9, 0.99])
def test_no_cut_file_is_ever_believed(share):
    data = pack(answer()[1])
    with pytest.raises(DamagedEntryError):
        unpack(data[: int(len(data) * share)])


class Planted:
    """Runs code when it is unpickled."""

    def __reduce__(self):
        return os.mkdir, ("/nowhere/at/all",)


def entry(content=None, **changes):
    """A file whose digest is right."""
    content = pa.compress(b"{}", codec="zstd", asbytes=True) if content is None else content
    fields = {
        "url": "x",
        "fetched_at": NOW,
        "expires": NOW,
        "content_type": "",
        "edition": "",
        "length": 2,
        "sha256": sha256(content).hexdigest(),
    }
    return Header(**fields | changes).to_line() + content


def test_an_entry_made_by_hand_is_read():
    assert unpack(entry()).content == b"{}"


@pytest.mark.parametrize(
    "foreign",
    [
        b"<html></html>",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b'{"format": 2}\n',
        b'{"format": 2, "crc32": 0, "fetched_at": 5}\n',
        b"[" * 100_000,
        b"\xff\xfe\n",
        b"SQLite format 3\x00",
        pickle.dumps(Planted()),
        entry(b"no zstd"),
        entry(b""),
        entry(length=-1),
        entry(length=10**18),
        entry(length=1),
        entry(length=3),
        entry(sha256=""),
        entry(sha256=sha256(b"{}").hexdigest()),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_foreign_content_is_damage_and_runs_nothing(foreign):
    with pytest.raises(DamagedEntryError):
        unpack(foreign)


# The directory.


def test_answers_are_stored_found_counted_and_removed(tmp_path):
    storage = DiskStorage(Directory(tmp_path / "cache"))
    assert (len(storage), list(storage), "x" in storage) == (0, [], False)
    key, response = answer()
    storage[key] = response
    assert same(storage[key], response)
    assert (len(storage), list(storage), key in storage) == (1, [key], True)
    del storage[key]
    assert key not in storage
    with pytest.raises(KeyError):
        del storage[key]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077, 0o000])
def test_directory_and_files_are_the_owners_alone(tmp_path, umask):
    before = os.umask(umask)
    try:
        storage = DiskStorage(Directory(tmp_path / "deep" / "cache"))
        key, response = answer()
        storage[key] = response
    finally:
        os.umask(before)
    assert storage.directory.stat().st_mode & 0o777 == 0o700
    assert storage.path(key).stat().st_mode & 0o777 == 0o600


def test_a_renamed_answer_is_not_taken_for_another_question(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    key, response = answer()
    other, _ = answer("y01c01")
    storage[key] = response
    storage.path(key).rename(storage.path(other))
    with pytest.warns(CacheWarning, match="damaged"), pytest.raises(KeyError):
        storage[other]


def test_damage_is_a_miss_warned_of_once_and_mended_by_the_next_answer(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    key, response = answer()
    storage[key] = response
    storage.path(key).write_bytes(b"garbage")
    with pytest.warns(CacheWarning, match="damaged"):
        assert storage.get(key) is None
    assert storage.get(key) is None
    storage[key] = response
    assert same(storage[key], response)


def test_an_answer_of_another_format_is_a_miss_and_left_as_it_is(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    key, _ = answer()
    later = b'{"format": 99}\nwhatever comes'
    storage.path(key).write_bytes(later)
    assert storage.get(key) is None
    assert storage.look(key) is None
    storage.expire(key, NOW)
    assert storage.path(key).read_bytes() == later


def test_where_there_is_no_directory_nothing_is_held(tmp_path):
    storage = DiskStorage(Directory(tmp_path / "cache"))
    key, response = answer()
    assert not storage.holds("data-y25i01")
    storage[key] = response
    assert storage.holds("data-y25i01")
    assert not storage.holds("data-ptv_a02")


LENGTHS = Parser(len, lambda length: b"%d" % length, int, "lengths 1")


def test_what_was_made_of_an_answer_stands_in_for_its_body_and_of_a_damaged_one_nothing_is_made(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    key, response = answer()
    storage[key] = response
    header = storage.header(key)
    assert storage.parsed(key, header, LENGTHS) == (len(BODY), header)
    storage.path(key).write_bytes(header.to_line() + b"garbage")
    assert storage.parsed(key, header, LENGTHS) == (len(BODY), header)
    with pytest.warns(CacheWarning, match="damaged"):
        assert storage.parsed(key, header, Parser(len)) is None


def test_columns_count_towards_the_cache_and_go_with_their_answer(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    keys = []
    for number in range(3):
        key, response = answer(query=f"n={number}")
        storage[key] = response
        storage.parsed(key, storage.header(key), LENGTHS)
        os.utime(storage.path(key), (1000 + number, 1000 + number))
        keys.append(key)
    assert len(list(tmp_path.glob("*.columns"))) == 3
    storage.path(keys[2]).unlink()
    storage.prune()
    assert {path.stem for path in tmp_path.glob("*.columns")} == set(keys[:2])
    storage.max_bytes = sum(path.stat().st_size for path in tmp_path.iterdir()) - 1
    storage.prune()
    assert {path.name for path in tmp_path.iterdir()} == {f"{keys[1]}.answer", f"{keys[1]}.columns"}


def test_an_entry_that_cannot_be_read_is_a_miss_with_a_warning(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    key, _ = answer()
    storage.path(key).mkdir()
    with pytest.warns(CacheWarning, match="cannot be read"):
        assert storage.get(key) is None


def test_warnings_name_the_line_of_the_user(tmp_path):
    storage = DiskStorage(Directory(tmp_path / "file" / "cache"))
    (tmp_path / "file").write_text("in the way")
    key, response = answer()
    with pytest.warns(CacheWarning) as caught:
        storage[key] = response
    assert caught[0].filename == __file__


def test_a_directory_removed_while_in_use_is_made_again(tmp_path):
    storage = DiskStorage(Directory(tmp_path / "cache"))
    key, response = answer()
    storage[key] = response
    storage.clear()
    storage.directory.rmdir()
    assert storage.get(key) is None
    storage[key] = response
    assert same(storage[key], response)


def test_reading_goes_on_while_another_process_holds_a_file(tmp_path, monkeypatch):
    storage = DiskStorage(Directory(tmp_path))
    key, response = answer()
    refusals = iter([PermissionError, PermissionError])
    replace = Path.replace

    def windows(source, target):  # no Windows here: it refuses while the target is being read
        for refusal in refusals:
            raise refusal
        replace(source, target)

    monkeypatch.setattr(Path, "replace", windows)
    storage[key] = response
    assert same(storage[key], response)
    refusals = iter([PermissionError] * 5)
    with pytest.warns(CacheWarning, match="cannot be written"):
        storage[key] = response
    assert [path.name for path in tmp_path.iterdir()] == [storage.path(key).name]


def test_the_answers_fetched_longest_ago_go_first_when_the_cache_is_too_large(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    size = 0
    for number in range(10):
        key, response = answer(query=f"n={number}")
        storage[key] = response
        os.utime(storage.path(key), (1000 + number, 1000 + number))
        size += storage.path(key).stat().st_size
    storage.max_bytes = size // 2
    storage.prune()
    kept = {json.loads(storage.path(key).read_bytes().partition(b"\n")[0])["url"][-1] for key in storage}
    assert kept == {"5", "6", "7", "8", "9"}


def test_the_cache_is_pruned_at_the_first_write_and_every_fifty(tmp_path):
    small = len(pack(answer(query="n=0")[1])) * 3
    for start in range(0, 10, 5):
        storage = DiskStorage(Directory(tmp_path), max_bytes=small)
        for number in range(5):
            key, response = answer(query=f"n={start}{number}")
            storage[key] = response
    assert len(storage) == 2 + 4  # pruned at the sixth, not since
    for number in range(46):
        key, response = answer(query=f"n={number:03}")
        storage[key] = response
    assert len(storage) == 2


def test_only_temporary_files_that_are_an_hour_old_are_orphans(tmp_path):
    young, old, other = (tmp_path / name for name in (".tmp-young", ".tmp-old", "notes.txt"))
    for path in (young, old, other):
        path.write_text("half an answ")
    os.utime(old, (time.time() - 3700, time.time() - 3700))
    os.utime(other, (0, 0))
    storage = DiskStorage(Directory(tmp_path), max_bytes=0)
    storage.prune()
    assert list(storage) == []
    assert young.exists()
    assert not old.exists()
    assert other.exists()


# Neighbours.

POSIX = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX's")
ROOT = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
STRANGER = 12345


def spoil_directory(mode=0o700, owner=-1):
    def spoil(storage, path):
        storage.directory.chmod(mode)
        os.chown(storage.directory, owner, -1)

    return spoil


def spoil_entry(mode=0o600, owner=-1):
    def spoil(storage, path):
        path.chmod(mode)
        os.chown(path, owner, -1)

    return spoil


PLANTED = [
    pytest.param(spoil_directory(0o777), id="directory that all can write"),
    pytest.param(spoil_directory(0o1777), id="directory like /tmp"),
    pytest.param(spoil_directory(0o770), id="directory that the group can write"),
    pytest.param(spoil_directory(0o755, STRANGER), id="directory of another user", marks=ROOT),
    pytest.param(spoil_entry(0o666), id="entry that all can write"),
    pytest.param(spoil_entry(0o620), id="entry that the group can write"),
    pytest.param(spoil_entry(0o644, STRANGER), id="entry of another user", marks=ROOT),
]


@POSIX
@pytest.mark.parametrize("spoil", PLANTED)
def test_what_others_could_have_planted_is_not_believed_from_the_first_read_on(tmp_path, spoil):
    storage = DiskStorage(Directory(tmp_path / "cache"))
    key, response = answer()
    storage[key] = response
    spoil(storage, storage.path(key))
    reader = DiskStorage(Directory(tmp_path / "cache"))
    with pytest.warns(CacheWarning, match=r"is not used: .*shared_cache=True"):
        assert reader.get(key) is None
    assert reader.get(key) is None  # warned of once
    assert reader.header(key) is None
    reader.expire(key, NOW)
    shared = DiskStorage(Directory(tmp_path / "cache", shared=True))
    assert same(shared[key], response)


@POSIX
def test_nothing_is_written_where_it_would_not_be_believed(tmp_path):
    tmp_path.chmod(0o777)
    storage = DiskStorage(Directory(tmp_path))
    key, response = answer()
    with pytest.warns(CacheWarning, match="others than you can write"):
        storage[key] = response
    assert not list(tmp_path.iterdir())


@POSIX
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o000])
def test_in_a_shared_cache_others_may_read_as_the_umask_allows(tmp_path, umask):
    before = os.umask(umask)
    try:
        storage = DiskStorage(Directory(tmp_path / "cache", shared=True))
        key, response = answer()
        storage[key] = response
    finally:
        os.umask(before)
    assert storage.path(key).stat().st_mode & 0o777 == 0o666 & ~umask
    assert same(storage[key], response)


@POSIX
@ROOT
def test_what_root_wrote_is_believed(tmp_path):
    storage = DiskStorage(Directory(tmp_path / "cache"))
    key, response = answer()
    storage[key] = response
    tmp_path.chmod(0o755)
    for place in (*tmp_path.parents[:3], storage.directory):
        place.chmod(0o755)
    storage.path(key).chmod(0o644)
    os.seteuid(STRANGER)
    try:
        assert same(storage[key], response)
    finally:
        os.seteuid(0)


@POSIX
def test_every_directory_that_is_made_is_the_owners_alone(tmp_path):
    before = os.umask(0)
    try:
        storage = DiskStorage(Directory(tmp_path / "a" / "b" / "c"))
        storage.__setitem__(*answer())
    finally:
        os.umask(before)
    made = [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    assert [place.stat().st_mode & 0o777 for place in made] == [0o700] * 3


def blown_up(path):
    with path.open("r+b") as file:
        file.truncate(1 << 40)


def emptied_and_blown_up(path):
    path.write_bytes(b"")
    blown_up(path)


def fifo(path):
    path.unlink()
    os.mkfifo(path)


def link_to(target):
    def link(path):
        path.unlink()
        path.symlink_to(target)

    return link


def directory(path):
    path.unlink()
    path.mkdir()


@POSIX
@pytest.mark.parametrize(
    "replace",
    [
        blown_up,
        emptied_and_blown_up,
        fifo,
        directory,
        *map(link_to, ["/dev/zero", "/dev/full", "other", "."]),
    ],
    ids=["blown up", "zeros, blown up", "FIFO", "directory", "zero", "full", "link", "link to directory"],
)
def test_an_entry_that_is_no_ordinary_file_is_a_miss_and_holds_nobody_up(tmp_path, replace):
    storage = DiskStorage(Directory(tmp_path))
    key, response = answer()
    storage[key] = response
    (tmp_path / "other").write_bytes(storage.path(key).read_bytes())
    try:
        replace(storage.path(key))
    except OSError:
        pytest.skip("this disk has no sparse files of a terabyte")
    view, began = CacheView(storage, Learned(Directory(tmp_path), lambda: NOW)), time.monotonic()
    with pytest.warns(CacheWarning):
        assert storage.get(key) is None
    storage.header(key)
    storage.expire(key, NOW)
    view.info()
    view.list()
    storage.prune()
    assert time.monotonic() - began < 30  # a FIFO or a terabyte would take for ever


@POSIX
@pytest.mark.parametrize("replace", [fifo, directory, link_to("/dev/zero"), emptied_and_blown_up])
def test_what_was_learned_is_no_ordinary_file_either(tmp_path, replace):
    learned = Learned(Directory(tmp_path), lambda: NOW)
    learned.note("x.dk", "topic", 1, None)
    replace(tmp_path / "learned.json")
    assert learned.recall("x.dk", "topic") is None
    learned.note("x.dk", "topic", 2, None)
    assert learned.recall("x.dk", "topic") == (None if replace is directory else 2)


@POSIX
def test_what_others_could_have_noted_is_not_believed(tmp_path):
    learned = Learned(Directory(tmp_path), lambda: NOW)
    learned.note("x.dk", "topic", 1, None)
    (tmp_path / "learned.json").chmod(0o666)
    assert learned.recall("x.dk", "topic") is None


# What people see of it.


@pytest.fixture
def view(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    for number, table in enumerate(["y25i01", "ptv_a02", "y25i01"]):
        key, response = answer(table, fetched_at=NOW + timedelta(hours=number), query=f"n={number}")
        storage[key] = response
    url = "https://api.jobindsats.dk/v3/table/y25i01?format=json"
    storage[cache_key(url)] = stored_response(url, b"{}", NOW, NOW, "")
    (tmp_path / "broken.answer").write_bytes(b"garbage")
    (tmp_path / "later.answer").write_bytes(b'{"format": 3}\n')
    return CacheView(storage, Learned(Directory(tmp_path), lambda: NOW))


def test_the_cache_tells_its_size_and_ages(view, tmp_path):
    info = view.info()
    assert (info.path, info.entries, info.oldest, info.newest) == (tmp_path, 4, NOW, NOW + timedelta(hours=2))
    assert info.bytes == sum(path.stat().st_size for path in tmp_path.glob("[dt]*.answer"))
    assert str(info) == f"{tmp_path}: 4 answers, 0.0 MB, fetched 2026-07-01 to 2026-07-01"
    assert repr(view) == f"<CacheView {info}>"


def test_the_cache_lists_its_answers_newest_first(view):
    frame = view.list()
    assert frame.columns.tolist() == ["table", "url", "fetched_at", "expires", "bytes"]
    assert frame["table"].tolist() == ["y25i01", "ptv_a02", "y25i01", "y25i01"]
    assert frame["fetched_at"].tolist() == [NOW + timedelta(hours=hours) for hours in (2, 1, 0, 0)]
    assert frame["url"].str.startswith("https://api.jobindsats.dk/v3/").all()


def test_looking_at_a_large_cache_takes_no_time_to_speak_of(tmp_path):
    storage = DiskStorage(Directory(tmp_path))
    for number in range(3000):
        key, response = answer(query=f"n={number}", fetched_at=NOW + timedelta(seconds=number))
        storage.path(key).write_bytes(pack(response))
    view = CacheView(storage, Learned(Directory(tmp_path), lambda: NOW))
    for look in (view.info, view.list):  # 50,000 within half a second are 10 microseconds for one
        assert effort(look) < 3000 * 0.06
    assert len(view.list()) == 3000


def test_a_header_that_only_looks_like_one_is_not_listed(view, tmp_path):
    (entry,) = tmp_path.glob("data-ptv*.answer")
    line = entry.read_bytes().partition(b"\n")[0]
    for number, spoilt in enumerate(
        [line[:-1], line.replace(b"url", b"uri"), line.replace(b"2026", b"year"), line[:30], b"{}"]
    ):
        (tmp_path / f"data-x_{number:032x}.answer").write_bytes(spoilt + b"\n")
    assert view.list()["table"].tolist() == ["y25i01", "ptv_a02", "y25i01", "y25i01"]


@pytest.mark.parametrize("edition", ['of "today"', "år \\ 2026"])
def test_a_header_with_an_escaped_letter_is_listed_beside_the_others(view, tmp_path, edition):
    url = "https://api.jobindsats.dk/v3/data/y30r21?period.M=*"
    moment = datetime(2026, 7, 5, 3, 4, 5, 678901, tzinfo=UTC)
    before = view.list()
    DiskStorage(Directory(tmp_path))[cache_key(url)] = stored_response(
        url, b"{}", moment, moment, "", edition
    )
    after = view.list()
    assert after.loc[0, ["table", "url", "fetched_at", "expires"]].tolist() == ["y30r21", url, moment, moment]
    assert after[1:].reset_index(drop=True).equals(before)


@POSIX
def test_an_answer_that_this_user_may_not_read_is_not_listed(view, tmp_path, monkeypatch):
    (entry,) = tmp_path.glob("data-ptv*.answer")
    opened = os.open

    def refused(path, *arguments, **options):  # root may read whatever there is
        if Path(path) == entry:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refused)
    assert view.list()["table"].tolist() == ["y25i01", "y25i01", "y25i01"]


def test_what_was_learned_goes_with_the_answers(view, tmp_path):
    learned = Learned(Directory(tmp_path), lambda: NOW)
    topics = ["total:y25i01:_nykom", "total:ptv_a02:_nykom", "form:list"]
    for topic in topics:
        learned.note("x.dk", topic, 1, None)
    view.clear(table="Y25I01")
    assert [learned.recall("x.dk", topic) for topic in topics] == [None, 1, 1]
    view.clear()
    assert [learned.recall("x.dk", topic) for topic in topics] == [None, None, None]


def test_an_empty_cache_is_listed_as_an_empty_frame(tmp_path):
    view = CacheView(
        DiskStorage(Directory(tmp_path / "none")), Learned(Directory(tmp_path / "none"), lambda: NOW)
    )
    assert view.list().shape == (0, 5)
    assert str(view.info()) == f"{tmp_path / 'none'}: empty"
    assert view.clear() == 0


def test_one_tables_answers_are_removed_and_no_others(view):
    assert view.clear(table="Y25I01") == 3
    assert view.list()["table"].tolist() == ["ptv_a02"]
    assert view.clear() == 3  # what cannot be read, too
    assert view.info().entries == 0


# As requests-cache's backend.


def test_requests_cache_can_use_the_backend_by_itself_and_stores_only_what_was_accepted(tmp_path):
    backend = DiskCache(Directory(tmp_path))
    key, response = answer()
    backend.save_response(response, key)
    session = CachedSession(backend=backend, key_fn=request_key)
    prepared = requests.Request("GET", response.url).prepare()
    assert session.cache.create_key(prepared) == key
    assert same(session.cache.get_response(key), response)
    backend.save_response(requests.Response(), "data-other_0")
    assert list(backend.responses) == [key]
    assert base64.b64encode(b"Bearer")[:-1] not in backend.responses.path(key).read_bytes()
