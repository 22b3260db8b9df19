"""Files are written whole or not at all, where the user says, with the rights they had, whatever the disk does."""

from __future__ import annotations

import errno
import io
import os
import stat
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from jobindsats_pandas import exports, files, parquet
from jobindsats_pandas.disclosure import DiscretionisedArray
from jobindsats_pandas.errors import ConfigurationError, JobindsatsWarning, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FRAME = pd.DataFrame(
    {"Område": ["Ærø", "Fanø"], "Antal": DiscretionisedArray(np.array([12, 0]), np.array([0, 1], np.uint8))}
)
WRITERS: dict[str, Callable[[Any], None]] = {
    ".parquet": lambda place: parquet.to_parquet(FRAME, place),
    ".csv": lambda place: exports.to_csv(FRAME, place),
    ".xlsx": lambda place: exports.to_excel(FRAME, place),
}
each = pytest.mark.parametrize("ending", WRITERS)
posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and FIFOs of POSIX")


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def is_right(data: bytes, ending: str) -> bool:
    if ending == ".parquet":
        return parquet.read_parquet(io.BytesIO(data)).equals(FRAME)
    if ending == ".csv":
        return data.decode() == "Område,Antal,Antal_status\nÆrø,12,observed\nFanø,,discretionised\n"
    return pd.read_excel(io.BytesIO(data))["Antal"].tolist() == [12, "skjult"]


# --- where the user says ---------------------------------------------------------------------------------------------


@each
def test_a_file_of_the_home_is_written_there(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    WRITERS[ending](f"~/æøå{ending}")
    assert names(tmp_path) == [f"æøå{ending}"]
    assert is_right((tmp_path / f"æøå{ending}").read_bytes(), ending)


@posix
@each
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o666])
def test_an_existing_file_keeps_its_mode(ending: str, mode: int, tmp_path: Path) -> None:
    target = tmp_path / f"x{ending}"
    target.write_text("old")
    target.chmod(mode)
    WRITERS[ending](target)
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert is_right(target.read_bytes(), ending)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
@each
def test_an_existing_file_keeps_its_owner(ending: str, tmp_path: Path) -> None:
    target = tmp_path / f"x{ending}"
    target.write_text("old")
    os.chown(target, 12345, 54321)
    WRITERS[ending](target)
    assert (target.stat().st_uid, target.stat().st_gid) == (12345, 54321)


@posix
@pytest.mark.parametrize("refused", ["owner", "owner and group"])
def test_what_may_not_be_given_away_is_written_all_the_same_and_keeps_its_mode(
    refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def chown(path: Any, owner: int, group: int) -> None:  # as for one who is not root
        asked.append((owner == -1, group))
        if owner != -1 or refused == "owner and group":
            raise PermissionError(errno.EPERM, "Operation not permitted")

    target = tmp_path / "x"
    target.write_text("old")
    target.chmod(0o640)
    group = target.stat().st_gid
    monkeypatch.setattr(os, "chown", chown)
    with files.writing(target) as file:
        file.write(b"new")
    assert asked == [(False, group), (True, group)]
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@posix
def test_where_files_have_no_owners_the_mode_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x"
    target.write_text("old")
    target.chmod(0o640)
    monkeypatch.delattr(os, "chown")  # as on Windows
    with files.writing(target) as file:
        file.write(b"new")
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("new", 0o640)


@posix
def test_no_other_reads_a_private_file_while_it_is_written(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_text("old")
    target.chmod(0o600)
    with files.writing(target) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600


@posix
def test_a_new_file_has_the_rights_of_any_file_and_the_umask_is_never_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def touched(mask: int) -> int:
        raise AssertionError("the umask of the process was set")

    before = os.umask(0o027)
    try:
        monkeypatch.setattr(os, "umask", touched)

        def write(number: int) -> None:
            for ending, write in WRITERS.items():
                write(tmp_path / f"{number}{ending}")
            parquet.to_parquet(FRAME, tmp_path / str(number), "Område")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, range(24)))
    finally:
        monkeypatch.undo()
        os.umask(before)
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in tmp_path.rglob("*")}
    assert modes == {(True, 0o750), (False, 0o640)}
    assert len(names(tmp_path)) == 24 * 4


@posix
@each
def test_links_are_followed(ending: str, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    target, link, dangling = tmp_path / "share" / f"x{ending}", tmp_path / "latest", tmp_path / "next"
    target.write_text("old")
    link.symlink_to(Path("share") / target.name)
    dangling.symlink_to(tmp_path / "share" / "new")
    WRITERS[ending](link)
    WRITERS[ending](dangling)
    assert link.is_symlink()
    assert dangling.is_symlink()
    assert is_right(target.read_bytes(), ending)
    assert is_right((tmp_path / "share" / "new").read_bytes(), ending)
    assert names(tmp_path / "share") == ["new", target.name]


@posix
@each
def test_what_is_no_regular_file_is_written_to_as_it_stands(ending: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()), daemon=True)
    reader.start()
    WRITERS[ending](tmp_path / "pipe")
    reader.join(10)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert is_right(got[0], ending)
    WRITERS[ending]("/dev/null")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert names(tmp_path) == ["pipe"]


@posix
@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_the_standard_output_is_written_to_wherever_it_leads(tmp_path: Path) -> None:
    script = "import sys; sys.path.insert(0, sys.argv[1]); import test_files; test_files.WRITERS['.csv']('/dev/stdout')"
    command = [sys.executable, "-c", script, str(Path(__file__).parent)]
    piped = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parents[1])
    assert is_right(piped.stdout, ".csv")
    log = tmp_path / "log.csv"
    log.write_text("what stood there before\n")
    with log.open("ab") as file:
        subprocess.run(command, stdout=file, check=True, cwd=Path(__file__).parents[1])
    before, _, after = log.read_bytes().partition(b"\n")
    assert before == b"what stood there before"
    assert is_right(after, ".csv")


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="this system has no /dev/fd")
def test_what_a_process_holds_open_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "x"
    with target.open("ab") as held:
        held.write(b"head, ")
        held.flush()
        with files.writing(Path(f"/dev/fd/{held.fileno()}")) as file:
            file.write(b"tail")
        assert os.path.samestat(os.fstat(held.fileno()), target.stat())
    assert target.read_bytes() == b"head, tail"


@each
def test_open_files_are_written_from_where_they_stand_and_left_open(ending: str, tmp_path: Path) -> None:
    memory = io.BytesIO()
    WRITERS[ending](memory)
    assert is_right(memory.getvalue(), ending)
    with (tmp_path / "x").open("wb", buffering=0) as file:
        file.write(b"head")
        WRITERS[ending](file)
        file.write(b"tail")
    data = (tmp_path / "x").read_bytes()
    assert (data[:4], data[-4:]) == (b"head", b"tail")
    assert is_right(data[4:-4], ending)


def test_a_file_that_takes_a_piece_at_a_time_gets_all_of_it() -> None:
    class Slow(io.RawIOBase):
        taken = b""

        def write(self, data: Any) -> int:
            self.taken += bytes(data[:7])
            return min(7, len(data))

    slow = Slow()
    WRITERS[".parquet"](slow)
    assert is_right(slow.taken, ".parquet")


def test_a_file_open_for_text_gets_text(tmp_path: Path) -> None:
    text = io.StringIO()
    exports.to_csv(FRAME, text, danish=True)
    assert text.getvalue() == "Område;Antal;Antal_status\r\nÆrø;12;vist\r\nFanø;;diskretioneret\r\n"
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8", newline="") as named:
        exports.to_csv(FRAME, named)
        named.seek(0)
        assert is_right(named.read().encode(), ".csv")
        for write in (WRITERS[".parquet"], WRITERS[".xlsx"]):
            with pytest.raises(QueryError, match="open for text"):
                write(named)
    with pytest.raises(QueryError, match="open for text"):
        parquet.read_parquet(io.StringIO("x"))  # type: ignore[arg-type]


def test_a_file_that_takes_nothing_is_no_endless_loop() -> None:
    class Stuck(io.RawIOBase):
        def write(self, data: Any) -> int:
            return 0

    with pytest.raises(OSError, match="takes nothing more"):
        WRITERS[".parquet"](Stuck())


@each
def test_addresses_are_fsspecs(ending: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    address = f"memory://folder/æøå{ending}"
    WRITERS[ending](address)
    with fsspec.open(address, "rb") as file:
        assert is_right(file.read(), ending)
    if ending == ".parquet":
        assert parquet.read_parquet(address).equals(FRAME)
    with pytest.raises(ConfigurationError, match="nonsense"):
        WRITERS[ending](f"nonsense://x{ending}")


def test_what_fails_on_its_way_to_an_address_leaves_the_old_one() -> None:
    fsspec = pytest.importorskip("fsspec")
    with fsspec.open("memory://kept", "wb") as file:
        file.write(b"old")
    with pytest.raises(ZeroDivisionError), files.writing("memory://kept") as file:  # noqa: PT012
        file.write(b"new")
        raise ZeroDivisionError
    assert files.read("memory://kept") == b"old"


@each
def test_without_fsspec_an_address_is_refused_and_no_folder(
    ending: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        ConfigurationError, match=r"s3://bucket/x is no path of this machine.*pip install fsspec"
    ):
        WRITERS[ending]("s3://bucket/x")
    with pytest.raises(ConfigurationError, match="fsspec"):
        parquet.read_parquet("s3://bucket/x")
    with pytest.raises(QueryError, match="one of this machine"):
        parquet.to_parquet(FRAME, "s3://bucket/x", "Område")
    assert not names(tmp_path)


# --- whatever goes wrong ---------------------------------------------------------------------------------------------


@each
def test_errors_name_the_path_of_the_user(ending: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for path, problem in {
        tmp_path / "ingen sådan mappe" / f"x{ending}": "no folder",
        tmp_path / "folder": "directory",
        tmp_path / "file" / f"x{ending}": "Not a directory|no folder|No such",
        tmp_path / (f"{'æ' * 150}{ending}"): "too long",
        Path("/sys") / f"x{ending}": "denied|Operation not permitted|no folder|Read-only",
        Path("/dev/full"): "No space left",
    }.items():
        if path == Path("/dev/full") and not path.exists():
            continue
        with pytest.raises((OSError, QueryError), match=problem) as caught:
            WRITERS[ending](path)
        assert str(path) in str(caught.value), caught.value
        assert "jobindsats-tmp" not in str(caught.value)
    assert names(tmp_path) == ["file", "folder"]


@posix
def test_a_file_that_may_not_be_written_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x.csv"
    target.write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(PermissionError, match=r"x\.csv"):
        exports.to_csv(FRAME, target)
    parquet.to_parquet(FRAME, tmp_path / "new", "Område")
    with pytest.raises(PermissionError, match="new"):
        parquet.to_parquet(FRAME, tmp_path / "new", "Område")
    assert target.read_text() == "old"
    assert names(tmp_path) == ["new", "x.csv"]


LIMITED = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import test_files
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
for ending, write in test_files.WRITERS.items():
    try:
        write(f"æ{ending}")
    except OSError as error:
        print(error.errno, error.filename)
"""


@posix
def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    for ending in WRITERS:
        (tmp_path / f"æ{ending}").write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(Path(__file__).parent)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    assert done.stdout.splitlines() == [f"{errno.EFBIG} æ{ending}" for ending in WRITERS]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"old"}
    assert names(tmp_path) == sorted(f"æ{ending}" for ending in WRITERS)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_what_is_not_finished_leaves_the_old_file(error: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "x"
    for old in (None, "old"):
        if old is not None:
            target.write_text(old)
        with pytest.raises(error), files.writing(target) as file:  # noqa: PT012
            file.write(b"half")
            raise error
        assert names(tmp_path) == ([] if old is None else ["x"])
    assert target.read_text() == "old"


KILLED = """
import os, sys
from pathlib import Path
from jobindsats_pandas import files
with files.writing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), 9)
"""


@posix
@pytest.mark.parametrize("name", ["x.csv", "æ" * 100])
def test_the_next_write_removes_what_a_killed_one_left_and_nothing_of_a_living_one(
    name: str, tmp_path: Path
) -> None:
    target = tmp_path / name
    target.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(target)], check=False, cwd=Path(__file__).parents[1]
    )
    assert done.returncode == -9
    assert target.read_text() == "old"
    assert len(names(tmp_path)) == 2
    mine = tmp_path / ".x.csv.mine.jobindsats-tmp"
    mine.write_text("a file of the user's with a name much like it")
    with files.writing(target) as living:
        living.write(b"living")
        with files.writing(target) as quick:
            quick.write(b"quick")
        assert target.read_bytes() == b"quick"
    assert target.read_bytes() == b"living"
    assert names(tmp_path) == sorted([mine.name, name])


@posix
def test_what_is_left_where_there_are_no_locks_goes_after_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "fcntl", None)
    young, old = (tmp_path / f".x.{digit * 12}.jobindsats-tmp" for digit in "01")
    for path in (young, old):
        path.write_text("left")
    os.utime(old, (0, 0))
    with files.writing(tmp_path / "x") as file:
        file.write(b"new")
    assert names(tmp_path) == [young.name, "x"]


def test_a_leftover_with_more_in_it_than_was_written_stays_and_is_told(tmp_path: Path) -> None:
    parquet.to_parquet(FRAME, tmp_path / "x", "Område")
    left = tmp_path / ".x.0123456789ab.jobindsats-tmp"
    (tmp_path / "x").rename(left)
    (left / "thesis.txt").write_text("years of work")
    with pytest.warns(JobindsatsWarning, match=r"left by a run that was killed.*thesis.txt"):
        parquet.to_parquet(FRAME, tmp_path / "x", "Område")
    assert (left / "thesis.txt").read_text() == "years of work"
    (left / "thesis.txt").unlink()
    parquet.to_parquet(FRAME, tmp_path / "x", "Område")
    assert names(tmp_path) == ["x"]


def test_access_lists_are_kept_where_there_are_any(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_text("old")
    try:
        os.setxattr(target, "user.note", b"kept")
    except (OSError, AttributeError):
        pytest.skip("no extended attributes here")
    with files.writing(target) as file:
        file.write(b"new")
    assert os.getxattr(target, "user.note") == b"kept"


def test_many_writers_of_one_file_leave_one_of_theirs(tmp_path: Path) -> None:
    def write(number: int) -> None:
        with files.writing(tmp_path / "x") as file:
            file.write(str(number).encode() * 10_000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(64)))
    assert names(tmp_path) == ["x"]
    assert len(set((tmp_path / "x").read_text()[:10_000])) <= 2


# --- several at work at once -----------------------------------------------------------------------------------------


@pytest.fixture
def before_the_claim(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen, once, when what is there has been opened but not claimed yet, as another process may."""
    fcntl = pytest.importorskip("fcntl")
    flock = fcntl.flock

    def arrange(happens: Callable[[], object]) -> None:
        due = [happens]

        def claim(descriptor: int, how: int) -> None:
            if due:
                due.pop()()
            flock(descriptor, how)

        monkeypatch.setattr(fcntl, "flock", claim)

    return arrange


def holdings(directory: Path) -> list[str]:
    """What was written here: anything but a thesis."""
    if (directory / "thesis").exists():
        raise QueryError("it holds a thesis")
    found = (path for path in directory.rglob("*") if not path.is_dir() or not any(path.iterdir()))
    return [str(path.relative_to(directory)) for path in found]


def write_directory(target: Path) -> None:
    with files.writing_directory(target, holdings) as made:
        (made / "new").write_text("new")


def test_a_claim_is_had_by_one_at_a_time(tmp_path: Path) -> None:
    target = tmp_path / "x"
    with files.claimed(target) as free:
        assert free  # there is nothing to claim
    assert names(tmp_path) == []
    target.write_text("old")
    with files.claimed(target) as first, files.claimed(target) as second:
        assert (first, second) == (True, False)
    with files.claimed(target) as free:
        assert free
    assert target.read_text() == "old"


@posix
def test_what_was_replaced_or_removed_until_it_was_claimed_is_looked_at_again(
    tmp_path: Path, before_the_claim: Callable[[Callable[[], object]], None]
) -> None:
    target, other = tmp_path / "x", tmp_path / "other"
    target.write_text("old")
    other.write_text("new")
    before_the_claim(lambda: other.replace(target))
    with files.claimed(target) as first, files.claimed(target) as second:
        assert (first, second) == (True, False)  # the new one is claimed
    before_the_claim(target.unlink)
    with files.claimed(target) as free:
        assert free


@posix
def test_who_claims_a_directory_may_replace_it(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.mkdir()
    with files.claimed(target):
        write_directory(target)
    assert names(target) == ["new"]


@posix
def test_what_another_takes_for_a_leftover_is_made_again(
    tmp_path: Path, before_the_claim: Callable[[Callable[[], object]], None]
) -> None:
    before_the_claim(lambda: [path.unlink() for path in tmp_path.iterdir()])
    with files.writing(tmp_path / "x") as file:
        file.write(b"new")
    before_the_claim(lambda: [path.rmdir() for path in tmp_path.glob("*-unfinished")])
    write_directory(tmp_path / "y")
    assert names(tmp_path) == ["x", "y"]
    assert (tmp_path / "x").read_text() == (tmp_path / "y" / "new").read_text() == "new"


@posix
def test_leftovers_that_another_removes_first_are_passed_over(
    tmp_path: Path, before_the_claim: Callable[[Callable[[], object]], None]
) -> None:
    left = [tmp_path / f".x.{digit * 12}.jobindsats-tmp" for digit in "01"]
    for path in left:
        path.write_text("left")
    before_the_claim(lambda: [path.unlink() for path in left])
    assert len(list(files.leftovers(tmp_path / "x"))) == 1  # that was being looked at


@posix
def test_a_directory_replaced_while_it_was_waited_for_is_looked_at_again(
    tmp_path: Path, before_the_claim: Callable[[Callable[[], object]], None]
) -> None:
    target, theirs, earlier = tmp_path / "x", tmp_path / "theirs", tmp_path / "earlier"
    for directory in (target, theirs):
        directory.mkdir()
    (theirs / "thesis").write_text("years of work")

    def replaced() -> None:
        target.rename(earlier)
        theirs.rename(target)

    before_the_claim(replaced)
    with pytest.raises(QueryError, match="a thesis"):
        write_directory(target)
    assert names(target) == ["thesis"]
    assert names(tmp_path) == ["earlier", "x"]


@posix
@pytest.mark.parametrize("stays", [True, False])
def test_what_came_into_a_directory_while_it_was_replaced_is_put_back(stays: bool, tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.mkdir()
    looked_at: list[Path] = []

    def found(directory: Path) -> list[str]:
        looked_at.append(directory)
        if len(looked_at) == 2:  # the old one, which is aside now
            (directory / "thesis").write_text("years of work")
            if not stays:  # somebody removes the new one at once
                (target / "new").unlink()
                target.rmdir()
        return holdings(directory)

    with pytest.raises(QueryError, match="a thesis"), files.writing_directory(target, found) as made:
        (made / "new").write_text("new")
    assert looked_at[0] == target != looked_at[1]
    assert (names(tmp_path), names(target)) == (["x"], ["thesis"])


def test_whatever_a_killed_writer_of_a_directory_left_is_removed(tmp_path: Path) -> None:
    unfinished = tmp_path / ".x.0123456789ab.jobindsats-unfinished"
    unfinished.mkdir()
    (unfinished / "half").write_text("half")
    (tmp_path / ".x.0123456789ab.jobindsats-tmp").write_text("of a file of the same name")
    folders = tmp_path / ".x.ba9876543210.jobindsats-tmp"
    (folders / "a" / "b").mkdir(parents=True)
    (folders / "a" / "b" / "old").write_text("old")
    (folders / "empty").mkdir()
    write_directory(tmp_path / "x")
    assert names(tmp_path) == ["x"]


def test_of_what_is_removed_the_folders_go_that_are_empty_then(tmp_path: Path) -> None:
    target = tmp_path / "x"
    for name in ("a/b/one", "a/b/two", "a/c/three"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("old")
    (target / "d").mkdir()
    with files.writing_directory(target, lambda _: ["a/b/one", "a/b/two", "d", "a/c/three"]) as made:
        (made / "new").write_text("new")
    assert names(tmp_path) == ["x"]
    assert names(target) == ["new"]


@posix
def test_without_locks_a_directory_is_replaced_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "fcntl", None)
    for _ in range(2):
        write_directory(tmp_path / "x")
    assert (names(tmp_path), names(tmp_path / "x")) == (["x"], ["new"])


@posix
def test_a_directory_is_moved_aside_where_two_names_cannot_be_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "platform", "darwin" if sys.platform == "linux" else "linux"
    )  # of another system
    for _ in range(2):
        write_directory(tmp_path / "x")
    assert (names(tmp_path), names(tmp_path / "x")) == (["x"], ["new"])


def test_a_directory_needs_a_folder_to_stand_in(tmp_path: Path) -> None:
    target = tmp_path / "ingen sådan mappe" / "x"
    with pytest.raises(FileNotFoundError, match="no folder to write it into") as caught:
        write_directory(target)
    assert caught.value.filename == str(target)
    assert names(tmp_path) == []


@posix
@pytest.mark.parametrize("quicker", [True, False])
def test_a_new_directory_that_cannot_be_put_in_place_is_gone_unless_another_was_quicker(
    quicker: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, rename = tmp_path / "x", os.rename

    def refused(source: Any, destination: Any) -> None:
        if Path(destination) == target and not target.exists():
            if not quicker:
                raise OSError(errno.EIO, "the disk is gone", str(source))
            target.mkdir()
            (target / "theirs").write_text("theirs")
        rename(source, destination)

    monkeypatch.setattr(os, "rename", refused)
    if quicker:
        write_directory(target)
        assert (names(tmp_path), names(target)) == (["x"], ["new"])
    else:
        with pytest.raises(OSError, match=r"the disk is gone: '.*/x'"):
            write_directory(target)
        assert names(tmp_path) == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_directory_that_cannot_be_put_in_place_leaves_the_old_one(
    kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def holdings(_: Path) -> Sequence[str]:
        return ["old"]

    target = tmp_path / "x"
    target.mkdir()
    (target / "old").write_text("old")
    monkeypatch.setattr(files, "_exchanged", lambda *_: False)
    rename = Path.rename

    def refused(self: Path, other: Path) -> Path:
        if Path(other) == target and not (self / "old").exists():
            raise OSError(errno.EIO, "the disk is gone", str(self))
        return rename(self, other)

    if kept:
        monkeypatch.setattr(Path, "rename", refused)
        with (
            pytest.raises(OSError, match=r"the disk is gone: '.*/x'"),
            files.writing_directory(target, holdings) as made,
        ):
            (made / "new").write_text("new")
        assert names(target) == ["old"]
    else:
        with files.writing_directory(target, holdings) as made:
            (made / "new").write_text("new")
        assert names(target) == ["new"]
    assert names(tmp_path) == ["x"]
