"""Files and folders that follow their table on a bad day: what stood before stands, and the next run completes."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.errors import JobindsatsWarning, QueryWarning, ServiceError
from jobindsats_pandas.transport import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TABLE, QUESTION = "y01h01", {"by": {"A-kasse": "*"}, "periods": "2025Q01:"}
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that is forked")


@pytest.fixture
def api() -> Iterator[Any]:
    """A sandbox of the test's own: what it publishes stays."""
    with ji.sandbox.serve() as server:
        yield server


@pytest.fixture
def client(api: Any, tmp_path: Path) -> ji.Client:
    """One that asks for two quarters at a time, and gives up at once."""
    made = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "cache", max_cells=350)
    made._transport._patience = lambda: Patience(pause=0.01, longest_pause=0.02)
    return made


@pytest.fixture(params=["file", "dataset"])
def place(request: Any, client: ji.Client, tmp_path: Path) -> Path:
    """What follows the table, in a folder of its own."""
    (tmp_path / "mine").mkdir()
    target = tmp_path / "mine" / "x"
    if request.param == "file":
        client.read(TABLE, **QUESTION).jobindsats.to_parquet(target)
    else:
        ji.export(TABLE, target, **QUESTION, client=client)
    return target


def publish(api: Any, **brings: Any) -> None:
    api.publish(TABLE, ji.sandbox.Release("2026-11-02", "2027-02-19", **brings))


def tree(place: Path) -> dict[str, tuple[bytes, int]]:
    """All that stands there, with what is left beside it."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in place.parent.rglob("*")
        if path.is_file()
    }


def cached(client: ji.Client) -> set[tuple[str, str]]:
    listed = client.cache.list()
    return set(zip(listed["url"], listed["fetched_at"].astype("str"), strict=True))


def completes(place: Path, client: ji.Client) -> None:
    ji.update(place, client=client)
    pd.testing.assert_frame_equal(ji.read_parquet(place), client.read(TABLE, **QUESTION))
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def in_a_child(work: Callable[[], None]) -> str:
    """What a process of its own raises: the name of the error and its words."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        told = "nothing"
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to the parent
            told = f"{type(error).__name__}: {error}"
        os.write(writer, told.encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        return pipe.read().decode()


@pytest.mark.parametrize("fault", ["reset", "cut", "503"])
def test_a_network_that_goes_away_in_the_middle(api: Any, client: ji.Client, place: Path, fault: str) -> None:
    publish(api, new_period=True)
    before, known = tree(place), cached(client)
    api.faults.add(fault, path="data/", after=2, times=None)
    with pytest.raises(ServiceError):
        ji.update(place, client=client)
    assert tree(place) == before
    came = {url.partition("?")[2] for url, _ in cached(client) - known if "/data/" in url}
    assert came
    api.faults.clear()
    api.requests.clear()
    completes(place, client)
    assert not came & {one.query for one in api.requests}


@posix
def test_a_disk_that_is_full(api: Any, client: ji.Client, place: Path) -> None:
    publish(api, new_period=True)
    before = tree(place)

    def with_little_room() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_500, 2_500))
        ji.update(place, client=client)

    told = in_a_child(with_little_room)
    assert told.startswith("OSError: [Errno 27] File too large"), told
    assert str(place) in told
    assert tree(place) == before
    completes(place, client)


@posix
def test_a_folder_that_may_not_be_written(api: Any, client: ji.Client, place: Path) -> None:
    publish(api)
    before = tree(place)
    place.parent.chmod(0o555)
    if os.access(place.parent, os.W_OK):
        pytest.skip("this user writes everywhere")
    try:
        with pytest.raises(PermissionError, match="x'"):
            ji.update(place, client=client)
    finally:
        place.parent.chmod(0o755)
    assert tree(place) == before
    completes(place, client)


def test_metadata_that_are_newer_than_the_data(
    api: Any, client: ji.Client, place: Path, tmp_path: Path
) -> None:
    publish(api, new_period=True, late=True)
    for _ in range(2):
        with pytest.warns(QueryWarning, match="no row for 2026Q03"):
            revisions = ji.update(place, releases=tmp_path / "kept", client=client, refresh=True)
        assert len(revisions) == 0
        assert ji.releases(tmp_path / "kept")["release"].to_list() == ["2026-08-20"]
    api.arrive(TABLE)
    assert ji.update(place, client=client, refresh=True).periods_new == ("2026Q03",)
    completes(place, client)


def test_a_member_that_is_new_and_one_that_is_renamed(api: Any, client: ji.Client, place: Path) -> None:
    names = client.table(TABLE).members("_akassedp")
    path, name = names.loc[1, ["member_id", "member_name"]]
    publish(api, joined={"_akassedp": {path: "Ny A-kasse"}})
    revisions = ji.update(place, client=client)
    assert "Ny A-kasse" in set(revisions.changes["A-kasse"])
    completes(place, client)
    renamed = ji.sandbox.Release(
        "2026-12-02", "2027-02-19", revised=False, renamed={"_akassedp": {path: "Andet navn"}}
    )
    api.publish(TABLE, renamed)
    assert len(ji.update(place, client=client)) == 0
    completes(place, client)
    found = set(ji.read_parquet(place)["A-kasse"])
    assert ("Andet navn" in found, name in found) == (True, False)


@pytest.mark.skipif(sys.platform == "win32", reason="a cache that nobody may write is made by its mode")
def test_a_cache_that_cannot_be_written_is_no_hindrance(
    api: Any, client: ji.Client, place: Path, tmp_path: Path
) -> None:
    publish(api)
    (tmp_path / "no folder").write_text("")
    other = ji.Client(
        token=api.token, base_url=api.url, cache_dir=tmp_path / "no folder" / "cache", max_cells=350
    )
    with pytest.warns(JobindsatsWarning):
        ji.update(place, client=other)
    completes(place, client)
