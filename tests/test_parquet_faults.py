"""What is read from Parquet is what was written, or it is refused: kills, flipped bits, other programs, others' files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from test_parquet import assert_same, restored

import jobindsats_pandas as ji
from jobindsats_pandas import files, parquet
from jobindsats_pandas.errors import JobindsatsError, ProvenanceError, QueryError
from jobindsats_pandas.parquet.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

FULL = bool(os.environ.get("JOBINDSATS_FULL"))
ROOT = Path(__file__).parents[1]
NUMBERS = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"


@pytest.fixture(scope="module")
def frame(api: Any, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """A small frame with hidden cells, a hole, text, numbers and moments."""
    client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path_factory.mktemp("cache"))
    read = client.read("y01h01", by={"_akassedp": "*"}, periods="latest:3", measures=[NUMBERS])
    assert read.iloc[:, 2].isna().any()
    more = read.assign(
        note=np.where(np.arange(len(read)) % 3, "æ", None),
        whole=np.arange(len(read)),
        share=np.arange(len(read)) / 7,
        flag=pd.array(np.arange(len(read)) % 2 == 0, dtype="boolean"),
        when=pd.Timestamp("2026-01-01"),
    )
    return more.set_index("whole").reindex([*range(len(read)), 999]).reset_index()


@pytest.fixture(scope="module")
def other(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["Periode"] != frame["Periode"].max()].reset_index(drop=True)


def tree(directory: Path) -> dict[str, Any]:
    """Everything below a directory, with what is in it."""
    return {
        str(path.relative_to(directory)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in directory.rglob("*")
        if path.is_symlink() or path.is_file()
    } | {str(path.relative_to(directory)): "/" for path in directory.rglob("*") if path.is_dir()}


# --- killed ----------------------------------------------------------------------------------------------------------

KILLS = """
import gc, json, os, sys, time, warnings
import pyarrow as pa
pa.set_cpu_count(1); pa.set_io_thread_count(1)
from jobindsats_pandas import files, parquet
os.fsync = lambda _: None  # a kill is no power cut, and disks are slow
count, exchange = int(sys.argv[1]), sys.argv[2] == "exchange"
if not exchange:
    files._exchanged = lambda *_: False
one, two = parquet.read_parquet("one.parquet"), parquet.read_parquet("two.parquet")
told = {"killed": 0, "old": 0, "new": 0, "told": 0}

def write(frame):
    parquet.to_parquet(frame, "work/x.parquet")
    parquet.to_parquet(frame, "work/x", "Periode")

def steps_of(moment):
    # Runs a write in a process of its own, which is killed at a moment; gives how many there were.
    into, out = os.pipe()
    child = os.fork()
    if not child:
        gc.disable()
        seen = 0
        def step(event, _):
            nonlocal seen
            seen += event.split(".")[0] in {"open", "os", "shutil", "fcntl", "ctypes"}
            if seen == moment:
                os.kill(os.getpid(), 9)
        sys.addaudithook(step)
        write(two)
        os.write(out, str(seen).encode())
        os._exit(0)
    os.close(out)
    while not os.waitpid(child, os.WNOHANG)[0]:
        look()
    steps = os.read(into, 100)
    os.close(into)
    return int(steps) if steps else None

def look():
    found = []
    for place in ("work/x.parquet", "work/x"):
        try:
            read = parquet.read_parquet(place)
        except FileNotFoundError as error:
            # Where no two names can be exchanged, there is an instant without any directory; it is told.
            assert not exchange and place == "work/x" and "beside it" in str(error), error
            told["told"] += 1
            continue
        assert read.equals(one) or read.equals(two), place
        found.append(read.equals(two))
    return found

write(one)
steps = steps_of(-1)
for number in range(count):
    write(one)
    if steps_of(1 + number * (steps - 1) // (count - 1)) is None:
        told["killed"] += 1
    for new in look():
        told["new" if new else "old"] += 1
write(one)
told["left"] = sorted(os.listdir("work"))
told["steps"] = steps
print(json.dumps(told))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("way", ["exchange", "aside"])
def test_a_write_that_is_killed_leaves_the_old_or_the_new_beside_readers(
    way: str, frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path
) -> None:
    parquet.to_parquet(frame, tmp_path / "one.parquet")
    parquet.to_parquet(other, tmp_path / "two.parquet")
    (tmp_path / "work").mkdir()
    count = (200 if FULL else 20) if way == "exchange" else (60 if FULL else 6)
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(count), way],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["left"] == ["x", "x.parquet"]
    assert told["killed"] >= count - 2
    assert told["old"]
    assert told["new"]
    if way == "exchange":
        assert told["old"] + told["new"] == 2 * count


READS = """
import os, sys, time
from jobindsats_pandas import files, parquet
os.fsync = lambda _: None
if sys.argv[1] == "aside":
    files._exchanged = lambda *_: False
frames = [parquet.read_parquet(f"{name}.parquet") for name in ("one", "two")]
print("ready", flush=True)
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    for frame in frames:
        parquet.to_parquet(frame, "x", "Periode")
"""


@pytest.mark.parametrize("way", ["exchange", "aside"])
def test_readers_beside_writers_see_the_old_or_the_new(
    way: str, frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path
) -> None:
    parquet.to_parquet(frame, tmp_path / "one.parquet")
    parquet.to_parquet(other, tmp_path / "two.parquet")
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", READS, way, "2"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        for _ in range(2 if way == "exchange" else 1)
    ]
    seen = [0, 0]
    with contextlib.ExitStack() as stack:
        for writer in writers:
            stack.enter_context(writer)
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        while any(writer.poll() is None for writer in writers):
            read = parquet.read_parquet(tmp_path / "x")
            assert read.equals(frame) or read.equals(other)
            seen[read.equals(other)] += 1
    assert [writer.returncode for writer in writers] == [0] * len(writers)
    assert min(seen) > 0
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "two.parquet", "x"]


# --- flipped bits ----------------------------------------------------------------------------------------------------


def outcome(path: Path, frame: pd.DataFrame) -> str:
    try:
        read = parquet.read_parquet(path)
    except ProvenanceError as error:
        return "refused" if str(path) in str(error) else str(error)
    assert_same(read, frame)
    return "same"


def test_a_flipped_bit_changes_nothing_or_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet.to_parquet(frame, path, notes={"source": "y01h01"})
    whole = path.read_bytes()
    random = np.random.default_rng(14)
    counted = {"same": 0, "refused": 0}
    for place in random.integers(0, len(whole), 2000 if FULL else 400).tolist():
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(damaged)
        counted[outcome(path, frame)] += 1
    assert counted["refused"] > counted["same"]


def test_a_file_that_was_cut_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    parquet.to_parquet(frame, path)
    whole = path.read_bytes()
    for size in np.linspace(0, len(whole) - 1, 50).astype(int).tolist():
        path.write_bytes(whole[:size])
        assert outcome(path, frame) == "refused"


def test_a_flipped_bit_in_a_directory_is_refused(frame: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    random = np.random.default_rng(14)
    for path in [path for path in (tmp_path / "x").rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        for place in random.integers(0, len(whole), 200 if FULL else 20).tolist():
            damaged = bytearray(whole)
            damaged[place] ^= 1 << int(random.integers(8))
            path.write_bytes(damaged)
            if outcome(tmp_path / "x", frame) == "same":
                assert path.suffix == ".json"  # white space in the list of files
            else:
                assert outcome(tmp_path / "x", frame) == "refused"
                with pytest.raises(QueryError, match="Nothing was touched"):
                    parquet.to_parquet(frame, tmp_path / "x", "Periode")
        path.write_bytes(whole)
    assert_same(parquet.read_parquet(tmp_path / "x"), frame)


# --- other programs --------------------------------------------------------------------------------------------------


def set_column(table: pa.Table, name: str, make: Callable[[pa.ChunkedArray], Any]) -> pa.Table:
    place = table.column_names.index(name)
    return table.set_column(place, name, make(table.column(place)))


def cast(name: str, kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    return lambda table: set_column(table, name, lambda column: column.cast(kind))


def to_words(make: Callable[[pd.Series], pd.Series], name: str) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        return set_column(
            table, name, lambda column: pa.array(make(column.to_pandas().astype(object))).dictionary_encode()
        )

    return change


REFUSED: dict[str, Callable[[pa.Table], pa.Table]] = {
    "cast to double": cast(NUMBERS, pa.float64()),
    "cast to decimal": cast(NUMBERS, pa.decimal128(30, 2)),
    "cast to int32": cast(NUMBERS, pa.int32()),
    "cast to text": cast(NUMBERS, pa.string()),
    "a float of half the size": cast("share", pa.float32()),
    "numbers taken away": lambda table: set_column(
        table, NUMBERS, lambda column: pc.if_else(pc.greater(column, 5), None, column)
    ),
    "every number taken away": lambda table: set_column(
        table, NUMBERS, lambda column: pa.nulls(len(column), pa.int64())
    ),
    "hidden cells filled": lambda table: set_column(table, NUMBERS, lambda column: column.fill_null(999)),
    "a number changed": lambda table: set_column(
        table, NUMBERS, lambda column: pc.if_else(pc.equal(column, pc.max(column)), 7, column)
    ),
    "statuses changed": to_words(
        lambda words: words.replace("discretionised", "not available"), f"{NUMBERS}_status"
    ),
    "a status that there is not": to_words(
        lambda words: words.replace("observed", "fine"), f"{NUMBERS}_status"
    ),
    "statuses taken away": to_words(lambda words: words.where(words != "observed"), f"{NUMBERS}_status"),
    "labels exchanged": to_words(lambda words: words.sample(frac=1, random_state=1), "A-kasse"),
    "a label that there is not": to_words(lambda words: words.where(words.index > 0, "Ingen"), "A-kasse"),
    "a period changed": to_words(lambda words: words.iloc[::-1], "Periode"),
    "text changed": lambda table: set_column(table, "note", lambda column: pa.array(["ø"] * len(column))),
    "text taken away": lambda table: set_column(
        table, "note", lambda column: pa.nulls(len(column), pa.string())
    ),
    "truth turned": lambda table: set_column(table, "flag", pc.invert),
    "moments of another unit": cast("when", pa.timestamp("ns")),
    "rows filtered": lambda table: table.slice(1),
    "rows doubled": lambda table: pa.concat_tables([table, table]),
    "one row instead of another": lambda table: pa.concat_tables([table.slice(1), table.slice(1, 1)]),
    "rows sorted": lambda table: table.sort_by(NUMBERS),
    "a column added": lambda table: table.append_column("mine", pa.array(range(len(table)))),
    "a column dropped": lambda table: table.drop_columns([f"{NUMBERS}_status"]),
    "a column renamed": lambda table: table.rename_columns(
        [name.replace("note", "Note") for name in table.column_names]
    ),
    "two columns exchanged in name": lambda table: table.rename_columns(
        [{"note": "A-kasse", "A-kasse": "note"}.get(name, name) for name in table.column_names]
    ),
    "a column doubled": lambda table: table.append_column("note", table.column("note")),
}
READ: dict[str, Callable[[pa.Table], pa.Table]] = {
    "as it was": lambda table: table,
    "in pieces": lambda table: pa.concat_tables([table.slice(0, 5), table.slice(5)]),
    "columns in another order": lambda table: table.select(table.column_names[::-1]),
    "text instead of dictionaries": lambda table: cast("A-kasse", pa.string())(
        cast(f"{NUMBERS}_status", pa.string())(table)
    ),
    "long text": lambda table: cast("note", pa.large_string())(cast("Periode", pa.large_string())(table)),
    "dictionaries of another order": to_words(lambda words: words, f"{NUMBERS}_status"),
}


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a file anew as a tool does that keeps the metadata it finds."""
    metadata = pq.read_metadata(path).metadata
    table = change(pq.read_table(path)).replace_schema_metadata(None)
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table, row_group_size=30)
        writer.add_key_value_metadata({b"jobindsats": metadata[b"jobindsats"]})


@pytest.mark.parametrize("what", [*REFUSED, *READ])
def test_what_another_program_rewrote_is_read_rightly_or_refused(
    what: str, frame: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "x.parquet"
    parquet.to_parquet(frame, path)
    rewrite(path, {**REFUSED, **READ}[what])
    assert outcome(path, frame) == ("refused" if what in REFUSED else "same")


@pytest.mark.parametrize("what", [*REFUSED, *READ])
def test_a_file_of_format_2_is_compared_as_far_as_it_tells(
    what: str, frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.parquet"
    write_as_before(frame, path, monkeypatch)
    rewrite(path, {**REFUSED, **READ}[what])
    untold = {
        "a number changed",
        "labels exchanged",
        "a period changed",
        "text changed",
        "text taken away",
        "truth turned",
    }
    untold |= {
        "one row instead of another",
        "rows sorted",
        "a float of half the size",
        "moments of another unit",
    }
    untold |= {"statuses changed", "two columns exchanged in name"}
    try:
        read = parquet.read_parquet(path)
    except ProvenanceError:
        assert what in REFUSED
    else:
        assert what in {*READ, *untold}
        if what in READ:
            assert_same(read, frame)


def write_as_before(frame: pd.DataFrame, path: Path, monkeypatch: pytest.MonkeyPatch, by: Any = None) -> None:
    """Write in the format that version 0.1.0 wrote: without digests, and without a list of the files."""

    def packed(spec: str, facts: Any) -> str:
        document = {"format": 2, **json.loads(spec)}
        if facts.values is not None:
            document["partition"] = {
                "values": facts.values,
                "rows": document["rows"],
                "columns": [*facts.values],
            }
        return before(document)

    def before(document: dict[str, Any]) -> str:
        import base64

        raw = json.dumps(document).encode()
        return f"{len(raw)}:{base64.b64encode(pa.compress(raw, codec='zstd', asbytes=True)).decode()}"

    with monkeypatch.context() as patch:
        patch.setattr(parquet.file, "packed", packed)
        parquet.to_parquet(frame, path, by)
        if by is not None:
            (path / "_jobindsats_manifest.json").unlink()


# --- directories -----------------------------------------------------------------------------------------------------


def test_a_directory_of_before_is_read_strictly_and_never_replaced(
    frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, second = tmp_path / "x", tmp_path / "y"
    write_as_before(frame, place, monkeypatch, "Periode")
    assert_same(parquet.read_parquet(place), frame)
    before = tree(place)
    with pytest.raises(QueryError, match=r"no _jobindsats_manifest\.json tells.*Nothing was touched"):
        parquet.to_parquet(frame, place, "Periode")
    assert tree(place) == before
    write_as_before(other, second, monkeypatch, "Periode")
    periods = sorted(path.name for path in place.iterdir())
    for change, problem in {
        "missing": "rows",
        "doubled": "written to",
        "of another": "several tables",
        "strange": "not written with it",
        "a frame of its own": "frame of its own",
    }.items():
        shutil.copytree(place, tmp_path / change)
        if change == "missing":
            shutil.rmtree(tmp_path / change / periods[0])
        elif change == "doubled":
            shutil.copytree(place / periods[0], tmp_path / change / "copy")
        elif change == "of another":
            shutil.copytree(second / periods[0], tmp_path / change / periods[0], dirs_exist_ok=True)
        elif change == "strange":
            (tmp_path / change / "notes.txt").write_text("mine")
        else:
            parquet.to_parquet(other, tmp_path / change / "y.parquet")
        with pytest.raises(ProvenanceError, match=problem):
            parquet.read_parquet(tmp_path / change)


CHANGES: dict[str, tuple[str, Callable[[Path, Path], Any]]] = {
    "a file is missing": ("missing", lambda here, there: next(here.rglob("*.parquet")).unlink()),
    "a file of another write": (
        "digest|bytes long",
        lambda here, there: [
            shutil.copy(path, here / path.relative_to(there)) for path in list(there.rglob("*.parquet"))[:1]
        ],
    ),
    "a partition twice": (
        "not written with it",
        lambda here, there: shutil.copytree(next(here.glob("Periode=*")), here / "copy"),
    ),
    "a file beside": ("not written with it", lambda here, there: (here / "y.csv").write_text("a")),
    "a file of another table": (
        "not written with it",
        lambda here, there: shutil.copy(next(there.rglob("*.parquet")), here / "y.parquet"),
    ),
    "no list of files": (
        "list of its files",
        lambda here, there: (here / "_jobindsats_manifest.json").unlink(),
    ),
    "the list of another": (
        "bytes long|digest|missing|not written with it",
        lambda here, there: shutil.copy(there / "_jobindsats_manifest.json", here),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_directory_is_read_only_as_it_was_written(
    change: str, frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path
) -> None:
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    parquet.to_parquet(other, tmp_path / "y", "Periode")
    problem, make = CHANGES[change]
    make(tmp_path / "x", tmp_path / "y")
    with pytest.raises(ProvenanceError, match=problem):
        parquet.read_parquet(tmp_path / "x")


def test_what_engines_pass_over_does_not_hinder_reading(frame: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    for name in (".DS_Store", "desktop.ini", "_SUCCESS", "._part-0.parquet"):
        (tmp_path / "x" / name).write_text("")
    assert_same(parquet.read_parquet(tmp_path / "x"), frame)


def test_letters_that_a_file_system_stores_in_another_way_are_the_same(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    place = tmp_path / "x"
    parquet.to_parquet(frame, place, "A-kasse")
    for path in list(place.iterdir()):
        path.rename(path.with_name(unicodedata.normalize("NFD", path.name)))
    assert_same(parquet.read_parquet(place), frame)
    parquet.to_parquet(frame, place, "A-kasse")
    assert_same(parquet.read_parquet(place), frame)


OTHERS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "a text": (r"thesis\.txt", lambda place: (place / "thesis.txt").write_text("years of work")),
    "a frame of its own": (
        r"2024\.parquet",
        lambda place: shutil.copy(next(place.rglob("*.parquet")), place / "2024.parquet"),
    ),
    "another directory": (
        "more",
        lambda place: shutil.copytree(next(place.glob("Periode=*")), place / "more"),
    ),
    "an empty directory": ("empty", lambda place: (place / "empty").mkdir()),
    "a link": ("link", lambda place: (place / "link").symlink_to("/")),
    "a link in place of a file": (
        r"part-0\.parquet",
        lambda place: [
            (path.rename(place.parent / "moved"), path.symlink_to(place.parent / "moved"))
            for path in list(place.rglob("*.parquet"))[:1]
        ],
    ),
    "a link in place of a directory": (
        "Periode=",
        lambda place: [
            (path.rename(place.parent / "moved"), path.symlink_to(place.parent / "moved"))
            for path in list(place.glob("Periode=*"))[:1]
        ],
    ),
    "a file that was changed": (
        "was changed since it was written",
        lambda place: shutil.copy(*list(place.rglob("*.parquet"))[:2]),
    ),
    "what macOS leaves": (
        r"'\.DS_Store', a file that macOS leaves there",
        lambda place: (place / ".DS_Store").write_text(""),
    ),
    "what Windows leaves": (
        r"desktop\.ini', a file that Windows leaves",
        lambda place: (next(place.glob("Periode=*")) / "desktop.ini").write_text(""),
    ),
    "a hidden file": (r"\.git", lambda place: (place / ".gitignore").write_text("*")),
    "no list of files": (
        r"holds 'Periode=[^']+', and no _jobindsats_manifest\.json tells that it was written here",
        lambda place: (place / "_jobindsats_manifest.json").unlink(),
    ),
}


@pytest.mark.parametrize("what", OTHERS)
def test_nothing_of_others_is_ever_touched(
    what: str, frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path
) -> None:
    place = tmp_path / "x"
    parquet.to_parquet(frame, place, "Periode")
    problem, make = OTHERS[what]
    make(place)
    before = tree(tmp_path)
    with pytest.raises(QueryError, match=f"(?s){problem}.*Nothing was touched"):
        parquet.to_parquet(other, place, "Periode")
    assert tree(tmp_path) == before


@pytest.mark.parametrize("exchange", [True, False])
def test_what_comes_while_a_directory_is_written_is_not_touched_either(
    exchange: bool, frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "x"
    parquet.to_parquet(frame, place, "Periode")
    put = files._put_in_place
    came: list[int] = []

    def late(new: Path, target: Path) -> Path | None:
        if not came:
            came.append(1)
            (place / "thesis.txt").write_text("years of work")
        return put(new, target)

    monkeypatch.setattr(files, "_put_in_place", late)
    if not exchange:
        monkeypatch.setattr(files, "_exchanged", lambda *_: False)
    with pytest.raises(QueryError, match=r"thesis\.txt"):
        parquet.to_parquet(other, place, "Periode")
    assert (place / "thesis.txt").read_text() == "years of work"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x"]
    (place / "thesis.txt").unlink()
    assert_same(parquet.read_parquet(place), frame)


def test_a_directory_behind_a_link_is_replaced_there_and_keeps_its_mode(
    frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "share").mkdir()
    parquet.to_parquet(frame, tmp_path / "share" / "x", "Periode")
    (tmp_path / "share" / "x").chmod(0o750)
    for path in (tmp_path / "share" / "x").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    (tmp_path / "latest").symlink_to(tmp_path / "share" / "x")
    assert_same(restored(other, tmp_path / "latest", "Periode"), other)
    assert (tmp_path / "latest").is_symlink()
    assert (tmp_path / "share" / "x").stat().st_mode & 0o777 == 0o750
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in (tmp_path / "share" / "x").rglob("*")}
    assert modes == {(True, 0o700), (False, 0o600)}
    (tmp_path / "empty").mkdir()
    assert_same(restored(other, tmp_path / "empty", "Periode"), other)


def test_a_missing_directory_tells_what_a_killed_run_left(frame: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    (tmp_path / "x").rename(tmp_path / ".x.0123456789ab.jobindsats-tmp")
    with pytest.raises(FileNotFoundError, match=r"killed left .*\.x\.0123456789ab\.jobindsats-tmp beside it"):
        parquet.read_parquet(tmp_path / "x")
    assert_same(parquet.read_parquet(tmp_path / ".x.0123456789ab.jobindsats-tmp"), frame)
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_labels_that_no_directory_can_be_called_after_are_refused(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(QueryError, match="too long for the name of a directory"):
        parquet.to_parquet(frame.assign(note="æ" * 200), tmp_path / "x", "note")
    assert not list(tmp_path.iterdir())


def test_an_error_in_one_file_of_many_leaves_the_old_directory(
    frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    before = tree(tmp_path)
    synced, calls = files.synced, []

    def full(file: Any) -> None:
        calls.append(file)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        synced(file)

    monkeypatch.setattr(files, "synced", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/x'"):
        parquet.to_parquet(other, tmp_path / "x", "Periode")
    assert tree(tmp_path) == before


def test_every_refusal_is_an_error_of_this_package() -> None:
    assert issubclass(ProvenanceError, JobindsatsError)
    assert issubclass(QueryError, JobindsatsError)


# --- written before --------------------------------------------------------------------------------------------------

WRITTEN_BEFORE = Path(__file__).parent / "written_before"


@pytest.mark.parametrize(
    ("name", "numbers", "hidden"),
    [
        ("format-1.parquet", [154, 103, 3, 5, 4], 2),  # the first format
        ("format-2.parquet", [153, 125, 5, 5, 8], 3),  # that of version 0.1.0
        ("directory", [153, 125, 5, 5, 8], 3),  # the same, partitioned
    ],
)
def test_what_earlier_versions_wrote_is_still_read(
    name: str, numbers: list[int], hidden: int, tmp_path: Path
) -> None:
    read = parquet.read_parquet(WRITTEN_BEFORE / name)
    array: Any = read[NUMBERS].array
    assert array.numbers[array.visible].tolist() == numbers
    labels = ["observed"] * 6 + ["not in the data here"]
    labels[hidden] = "discretionised"
    assert read.jobindsats.status[NUMBERS].astype(str).tolist() == labels
    assert [str(period) for period in read["Periode"]] == ["2026Q1", "2026Q2"] * 3 + ["NaT"]
    assert read.attrs["jobindsats"]["table"] == "y01h01"
    assert_same(restored(read, tmp_path / "new"), read)
    # Bits that nobody can vouch for: what is refused is refused in our words.
    if name != "directory":
        whole = bytearray((WRITTEN_BEFORE / name).read_bytes())
        random = np.random.default_rng(14)
        for place in random.integers(0, len(whole), 300).tolist():
            damaged = bytearray(whole)
            damaged[place] ^= 1 << int(random.integers(8))
            (tmp_path / "damaged").write_bytes(damaged)
            with contextlib.suppress(ProvenanceError):
                parquet.read_parquet(tmp_path / "damaged")


def test_addresses_that_follow_from_no_label_are_read_from_files_of_before(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned = frame.assign(**{"A-kasse": frame["A-kasse"].to_numpy()[::-1]})
    write_as_before(turned, tmp_path / "x.parquet", monkeypatch)
    assert any(name.endswith("_part") for name in pq.read_schema(tmp_path / "x.parquet").names)
    assert_same(parquet.read_parquet(tmp_path / "x.parquet"), turned)


def test_the_last_rows_of_a_directory_of_before_are_missed_too(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lettered = frame.assign(note=[f"{number:03}" for number in range(len(frame))])
    write_as_before(lettered, tmp_path / "x", monkeypatch, "note")
    (tmp_path / "x" / ".DS_Store").write_text("")
    assert_same(parquet.read_parquet(tmp_path / "x"), lettered)
    shutil.rmtree(max((tmp_path / "x").glob("note=*")))
    with pytest.raises(ProvenanceError, match=f"holds {len(frame) - 1} rows, and {len(frame)} were written"):
        parquet.read_parquet(tmp_path / "x")


def test_a_list_of_files_is_believed_only_if_its_files_agree(frame: pd.DataFrame, tmp_path: Path) -> None:
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    path = tmp_path / "x" / "_jobindsats_manifest.json"
    known = Manifest.of(tmp_path / "x")
    assert known is not None
    claimed = replace(known, parts=tuple(replace(part, write="another") for part in known.parts))
    path.write_text(claimed.to_json(), encoding="utf-8")
    with pytest.raises(ProvenanceError, match="of another write than its directory says"):
        parquet.read_parquet(tmp_path / "x")


def test_a_list_of_files_of_a_newer_version_is_not_guessed_at(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(parquet.manifest, "FORMAT", parquet.manifest.FORMAT + 1)
        parquet.to_parquet(frame, tmp_path / "x", "Periode")
    with pytest.raises(ProvenanceError, match=r"newer version of jobindsats_pandas\. Install a newer"):
        parquet.read_parquet(tmp_path / "x")
    with pytest.raises(QueryError, match=r"newer version.*Nothing was touched"):
        parquet.to_parquet(frame, tmp_path / "x", "Periode")


def test_a_directory_that_was_half_removed_is_known_again(
    frame: pd.DataFrame, other: pd.DataFrame, tmp_path: Path
) -> None:
    parquet.to_parquet(frame, tmp_path / "x", "Periode")
    next((tmp_path / "x").rglob("*.parquet")).unlink()
    assert_same(restored(other, tmp_path / "x", "Periode"), other)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
