"""The fault suite: what a bad day does to answers and to the cache, over real sockets and processes.

Each test injects one kind of fault, many times, and records one line of the table: how often, how many answers were
right and how many wrong, exceptions that nobody foresaw, good entries lost, calls that hung. All but the first two
must be 0. A tenth of the counts is the default; ``pytest --full`` (or JOBINDSATS_FULL=1) runs them all.

Whatever must be killed, forked or interrupted runs in a process of its own: this file again, as a script.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import mmap
import os
import pickle
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path

import pyarrow as pa
import pytest
from bodies import BODY

from jobindsats_pandas.errors import (
    AuthenticationError,
    CacheWarning,
    ClosedHourError,
    JobindsatsError,
    NotCachedError,
    QueryError,
    ServiceError,
    StaleDataWarning,
    TimedOutError,
)
from jobindsats_pandas.sandbox import FixedTable, serve
from jobindsats_pandas.sandbox.faults import KINDS
from jobindsats_pandas.transport import Patience, Transport
from jobindsats_pandas.transport.clock import danish_zone, opening_moment
from jobindsats_pandas.transport.keys import cache_key

try:
    import resource
except ImportError:  # Windows, where all of this is skipped
    resource = None

FULL = os.environ.get("JOBINDSATS_FULL") == "1"
TENTH = 1 if FULL else 10
SMALL, LARGE = 500, 300_000  # bytes of random text in a body
QUICK = Patience(pause=0.01, longest_pause=0.05)
REFUSALS = {"401": AuthenticationError, "403-json": AuthenticationError, "404": QueryError, "422": QueryError}
SLOW = {"drip", "hang", "latency"}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills, forks and modes need a POSIX system")


def path_of(number, size=SMALL):
    return f"data/x01?n={number}&size={size}&format=json"


@cache
def right(number, size=SMALL):
    """The one right answer to a question: nothing else has its bytes."""
    filling = random.Random(number).randbytes(size // 2).hex()
    return json.dumps({"columns": ["Periode", "n", "x"], "rows": [["2026M05", number, filling]]}).encode()


def answer(asked):
    return right(int(asked["n"]), int(asked["size"]))


def fetch(transport, number, size=SMALL, **options):
    return transport.fetch(path_of(number, size), BODY, **options)


class Tally(Counter):
    """Counts of one line of the table."""

    COLUMNS = ("injected", "right", "wrong", "unexpected", "lost", "hung")

    def look(self, transport, number, size=SMALL, **options):
        """Ask, and count what came."""
        began = time.monotonic()
        try:
            body = fetch(transport, number, size, **options).value
        except Exception:  # noqa: BLE001 - counted, and printed
            traceback.print_exc()
            self["unexpected"] += 1
        else:
            self["right" if body == right(number, size) else "wrong"] += 1
        self["hung"] += time.monotonic() - began > 30

    def look_for_losses(self, transport, numbers, size=SMALL):
        """Ask the disk alone for what was stored before."""
        for number in numbers:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", StaleDataWarning)
                try:
                    body = fetch(transport, number, size, offline=True).value
                except NotCachedError:
                    self["lost"] += 1
                else:
                    self["right" if body == right(number, size) else "wrong"] += 1


@pytest.fixture
def record(record_property):
    """Record a line of the table, and demand its zeros."""

    def record(fault, tally, note=""):
        line = {name: tally[name] for name in Tally.COLUMNS}
        record_property("fault", json.dumps({"fault": fault, **line, "note": note}))
        assert line["right"] > 0
        assert {name: line[name] for name in Tally.COLUMNS[2:]} == dict.fromkeys(Tally.COLUMNS[2:], 0)

    return record


@pytest.fixture
def api():
    with serve(tables={"x01": FixedTable({"table_id": "x01"}, rows=answer)}) as api:
        yield api


def to(api, directory, patience=QUICK, **settings):
    return Transport(token=api.token, base_url=api.url, cache_dir=directory, patience=patience, **settings)


def elsewhere(name, api, directory, *arguments, timeout=240, env=None):
    """Run a scenario in a process of its own; a hang is counted, not waited for."""
    command = [sys.executable, "-W", "ignore", __file__, name, api.url, api.token, str(directory)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))} | (env or {})
    try:
        done = subprocess.run(
            [*command, *map(str, arguments)],
            env=environment,
            timeout=timeout,
            stdout=subprocess.PIPE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Tally(hung=1), {}
    assert done.returncode == 0
    counts, more = json.loads(done.stdout.splitlines()[-1])
    return Tally(counts), more


# 1 and 11. The key.


def disguises(key):
    """The key in every form that a file or a message might hold it in."""
    plain = key.encode()
    yield plain
    yield plain[::-1]
    yield plain.hex().encode()
    yield key.encode("utf-16-le")
    for lead in range(3):  # base64 depends on what stands before
        yield base64.b64encode(b"x" * lead + plain)[4 if lead else 0 : -4].rstrip(b"=")


def test_the_key_is_in_no_file_in_any_form(api, tmp_path, record):
    tally, searched = Tally(), 0
    transport = to(api, tmp_path)
    for number in range(500 // TENTH):
        if number % 5 == 0:
            api.faults.add(["redirect", "cut", "403-html", "cut-gzip"][number // 5 % 4])
            tally["injected"] += 1
        tally.look(transport, number)
    for path in transport.cache.path.iterdir():
        raw = path.read_bytes()
        line, _, compressed = raw.partition(b"\n")
        body = pa.decompress(compressed, json.loads(line)["length"], codec="zstd", asbytes=True)
        for content in (raw, body):
            searched += 1
            tally["wrong"] += any(disguise in content for disguise in disguises(api.token))
    record("key on disk (raw, decompressed, base64, hex)", tally, f"{searched} contents searched")


def shows_the_key(error, key):
    """Look through all that a report may show of an error, locals of every frame included."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(shown.format()).encode() + repr(vars(error)).encode() + pickle.dumps(error)
    hidden = error.__context__ is None and error.__cause__ is None
    return not hidden or any(disguise in text for disguise in disguises(key))


def test_the_key_is_in_no_error_with_all_its_frames(api, tmp_path, record):
    tally = Tally()
    for kind in KINDS:
        transport = to(api, tmp_path, Patience(pause=0.01, read=0.1, budget=0.4))
        api.faults.clear()
        api.faults.add(kind, times=None)
        for number in range(max(1, 5 // TENTH)):
            tally["injected"] += 1
            try:
                fetch(transport, number)
            except JobindsatsError as error:
                tally["wrong" if shows_the_key(error, api.token) else "right"] += 1
            else:
                tally["right"] += kind == "latency"
    record("key in errors, tracebacks with locals, pickles", tally)


def test_neither_netrc_nor_proxy_nor_redirect_takes_the_key(api, tmp_path, record, monkeypatch):
    tally = Tally()
    (tmp_path / "netrc").write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve(tables={}) as other:
        monkeypatch.setenv("http_proxy", other.url)
        monkeypatch.setenv("all_proxy", other.url)
        transport = to(api, tmp_path / "cache")
        for number in range(100 // TENTH):
            api.faults.add("redirect", location=f"{other.url}/login")
            tally["injected"] += 3
            tally.look(transport, number)
        tally["wrong"] += len(other.requests) + sum(not request.authorized for request in api.requests)
    record("netrc, proxy, redirect to another host", tally)


# 2. Keys of the cache.


def test_equal_questions_share_an_answer_and_different_ones_never_do(api, tmp_path, record):
    tally = Tally()
    transport = to(api, tmp_path)
    for number in range(200 // TENTH):
        tally.look(transport, number)
        for path in (
            f"data/x01?size={SMALL}&format=json&n={number}",
            f"data/x01?format=%6Ason&n={number}&size={SMALL}",
            f"data/x01?%6E={number}&format=json&size={SMALL}",
        ):
            tally["injected"] += 1
            found = transport.fetch(path, BODY)
            tally["right" if found.from_cache and found.value == right(number) else "wrong"] += 1
        for blank in ("&x=", "&X=", "&x=&y=", "&%20="):
            tally["injected"] += 1
            found = transport.fetch(path_of(number) + blank, BODY)
            tally["wrong" if found.from_cache else "right"] += 1
    record("keys: order and encoding, blank values", tally)


# 3. Bad answers.


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "latency"])
def test_a_bad_answer_is_never_stored_and_a_good_one_never_lost(api, tmp_path, record, kind):
    tally = Tally()
    short = Patience(pause=0.001, longest_pause=0.01, budget=0.5, read=0.1) if kind in SLOW else QUICK
    long = Patience(pause=0.001, longest_pause=0.01, read=10)
    for number in range(max(1, 10 // TENTH)):
        for old in (False, True):
            api.faults.clear()
            clock = [datetime(2026, 7, 1, 10, tzinfo=UTC)]
            settings = {"directory": tmp_path / f"{number}{old}", "clock": partial(clock.__getitem__, 0)}
            transport, patient = to(api, patience=short, **settings), to(api, patience=long, **settings)
            if old:
                tally.look(patient, 1)
                clock[0] += timedelta(days=2)
            stored = [path.read_bytes() for path in sorted(transport.cache.path.glob("*"))]
            api.faults.add(kind, times=None, retry_after="0", cause="No")
            before = api.faults.injected.total()
            try:
                with (
                    pytest.warns(StaleDataWarning)
                    if old and kind not in REFUSALS
                    else contextlib.nullcontext()
                ):
                    served = fetch(transport, 1)
            except (ServiceError, AuthenticationError, QueryError) as error:
                wanted = REFUSALS.get(
                    kind, TimedOutError if kind in {"504", "drip", "hang"} else ServiceError
                )
                foreseen = type(error) is wanted and (not old or kind in REFUSALS)
                tally["right" if foreseen else "unexpected"] += 1
            else:
                tally["right" if old and served.stale and served.value == right(1) else "wrong"] += 1
            tally["injected"] += api.faults.injected.total() - before
            now = [path.read_bytes() for path in sorted(transport.cache.path.glob("*"))]
            tally["lost"] += now != stored  # a bad answer stored, or a good one gone
            api.faults.clear()
            if kind not in REFUSALS and kind != "drip":  # one more try mends what is transient
                api.faults.add(kind, retry_after="0")
                tally["injected"] += 1
            tally.look(patient, 1, refresh=True)
            tally["wrong"] += len(transport.cache.list()) != 1
    record(f"bad answer: {kind}", tally)


def test_four_threads_meet_fourteen_kinds_of_faults(api, tmp_path, record):
    tally = Tally()
    kinds = [kind for kind in KINDS if kind not in REFUSALS and kind not in SLOW]
    api.faults.random(0.2, kinds=kinds, per_url=3, retry_after="0")
    transport = to(api, tmp_path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: tally.look(transport, number), range(400 // TENTH)))
    tally["injected"] = api.faults.injected.total()
    tally["lost"] += 400 // TENTH - transport.cache.info().entries
    record("4 threads, faults at random", tally, f"{len(kinds)} kinds")


# 4. Killed at any moment.


def test_kill_9_while_writing(api, tmp_path, record):
    tally, more = elsewhere("kills", api, tmp_path, 200 // TENTH)
    record("kill -9", tally, f"{more.get('orphans')} temporary files left")


def kills(transport, count):
    tally = Tally()
    for number in range(4):
        tally.look(transport, number, LARGE)
    for _ in range(count):
        child = os.fork()
        if child == 0:
            while True:
                for number in range(4):
                    fetch(transport, number, LARGE, refresh=True)
        time.sleep(random.uniform(0.005, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        tally["injected"] += 1
        tally.look_for_losses(transport, range(4), LARGE)
    return tally, {"orphans": len(list(transport.cache.path.glob(".tmp-*")))}


# 5. Interrupted at any moment.


def test_ctrl_c_at_any_moment(api, tmp_path, record):
    tally, more = elsewhere("interrupts", api, tmp_path, 300 // TENTH)
    record("KeyboardInterrupt", tally, f"slowest call after one {more.get('slowest', 0):.2f} s")


def interrupts(transport, count):
    tally, slowest = Tally(), 0.0

    def interrupt(number, frame):
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    for _ in range(count):
        with contextlib.suppress(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0005, 0.03))
            until = time.monotonic() + 1
            while time.monotonic() < until:  # an interrupt inside a finalizer is swallowed by Python
                fetch(transport, random.randrange(4), LARGE, refresh=True)
        tally["injected"] += 1
        for number in range(4):
            began = time.monotonic()
            tally.look(transport, number, LARGE, refresh=number % 2 == 0)
            slowest = max(slowest, time.monotonic() - began)
        tally.look_for_losses(transport, range(4), LARGE)
    return tally, {"slowest": slowest}


# 6. Hostile disks.


@contextlib.contextmanager
def as_user():
    """Without root's rights, for whom no directory is closed."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def spoil_entries(change):
    def spoil(directory):
        for path in directory.glob("*.answer"):
            change(path)

    return spoil


def rewrite(change):
    return spoil_entries(lambda path: path.write_bytes(change(path.read_bytes())))


def flip(place):
    def change(data):
        at = int(place(data))
        return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]

    return rewrite(change)


def swap(directory):
    paths = list(directory.glob("*.answer"))
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)


def replace_by_directory(path):
    path.unlink()
    (path / "inside").mkdir(parents=True)


def replace_by_file(directory):
    shutil.rmtree(directory)
    directory.write_text("in the way")


def replace_by_link(target, directory):
    shutil.rmtree(directory)
    directory.symlink_to(target)


def parent_by_file(directory):
    shutil.rmtree(directory.parent)
    directory.parent.write_text("in the way")


def close_parent(directory):
    shutil.rmtree(directory)
    directory.parent.chmod(0o500)


def limit_file_size(directory):
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def another_user(directory):
    os.chown(directory, 0, 0)
    directory.chmod(0o700)


class NotAllowedHereError(Exception):
    """A fault that only another user, or another system, could make."""


def tiny_disk(directory):
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700,uid=65534", "tmpfs", str(directory)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        raise NotAllowedHereError("no right to mount a small disk")


def nothing(directory):
    pass


ONE = {1}
AS_ROOT = {another_user, tiny_disk}
DISKS = {  # what is done to a directory with three good entries, and how many warnings that takes
    "an ordinary disk": (nothing, {0}),
    "file size limit, a disk full": (limit_file_size, ONE),
    "a disk of 64 kB": (tiny_disk, ONE),
    "directory read-only": (lambda directory: directory.chmod(0o500), ONE),
    "directory unreadable": (lambda directory: directory.chmod(0), ONE),
    "entries unreadable": (spoil_entries(lambda path: path.chmod(0)), ONE),
    "directory of another user": (another_user, ONE),
    "directory that all can write to": (lambda directory: directory.chmod(0o777), ONE),
    "parent directory read-only": (close_parent, ONE),
    "a file in place of the directory": (replace_by_file, ONE),
    "a file in place of the parent": (parent_by_file, ONE),
    "a dangling link": (partial(replace_by_link, "nowhere"), ONE),
    "a link to itself": (partial(replace_by_link, "loopback"), ONE),
    "/dev/full": (partial(replace_by_link, "/dev/full"), ONE),
    "/proc": (partial(replace_by_link, "/proc"), ONE),
    "directory removed": (shutil.rmtree, {0}),
    "entries removed": (spoil_entries(Path.unlink), {0}),
    "entries are directories": (spoil_entries(replace_by_directory), ONE),
    "entries empty": (rewrite(lambda data: b""), ONE),
    "entries cut in the header": (rewrite(lambda data: data[:50]), ONE),
    "entries cut in the body": (rewrite(lambda data: data[: len(data) * 3 // 4]), ONE),
    "entries longer": (rewrite(lambda data: data + b"x"), ONE),
    "a bit of the header flipped": (flip(lambda data: data.index(b"fetched_at") + 16), ONE),
    "a bit of the digest flipped": (flip(lambda data: data.index(b'"sha256": "') + 12), ONE),
    "a bit of the body flipped": (flip(lambda data: len(data) - 60), ONE),
    "entries of zeros": (rewrite(lambda data: bytes(len(data))), ONE),
    "entries swapped": (swap, ONE),
    "entries of HTML": (rewrite(lambda data: b"<html></html>"), ONE),
    "entries of JSON": (rewrite(lambda data: b'{"_content": "x", "status_code": 200}'), ONE),
    "entries of a later version": (rewrite(lambda data: data.replace(b'"format": 2', b'"format": 3')), {0}),
}
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static int mode(const char *m) { const char *e = getenv("SHIM"); return e && !strcmp(e, m); }
static int named(int fd, const char *part) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return strstr(path, part) != 0;
}
static int fail(int number) { errno = number; return -1; }
ssize_t write(int fd, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    if (mode("ENOSPC") && named(fd, ".tmp-")) return fail(ENOSPC);
    if (mode("HALF") && named(fd, ".tmp-")) return size > 100 ? real(fd, data, size / 2) : fail(ENOSPC);
    return real(fd, data, size);
}
ssize_t read(int fd, void *data, size_t size) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "read");
    if (mode("EIO") && named(fd, ".answer")) return fail(EIO);
    return real(fd, data, size);
}
int rename(const char *from, const char *to) {
    static int (*real)(const char *, const char *);
    if (!real) real = dlsym(RTLD_NEXT, "rename");
    if (mode("RENAME") && strstr(to, ".answer")) return fail(EIO);
    return real(from, to);
}
int flock(int fd, int operation) { return mode("ENOLCK") ? fail(ENOLCK) : 0; }
int lockf(int fd, int command, off_t length) { return mode("ENOLCK") ? fail(ENOLCK) : 0; }
static int lock_control(const char *name, int fd, int command, void *argument) {
    int (*real)(int, int, ...) = dlsym(RTLD_NEXT, name);
    if (command == 6 || command == 7 || command == 37 || command == 38) return mode("ENOLCK") ? fail(ENOLCK) : 0;
    return real(fd, command, argument);
}
int fcntl(int fd, int command, ...) {
    va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
    return lock_control("fcntl", fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
    return lock_control("fcntl64", fd, command, argument);
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler, or no Linux: nothing to stand between Python and the disk")
    source = tmp_path_factory.mktemp("shim") / "shim.c"
    source.write_text(SHIM)
    library = source.with_suffix(".so")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return str(library)


def test_every_hostile_disk(api, tmp_path, record):
    tally, more = elsewhere("disks", api, tmp_path)
    skipped = "; ".join(more.get("skipped", []))
    record(
        "hostile disks",
        tally,
        f"{tally['injected'] // 2} kinds, at start and in use; skipped: {skipped or 'none'}",
    )
    assert more["warnings"] == {}, "these gave another number of warnings than they should"


@pytest.mark.parametrize("mode", ["ENOSPC", "HALF", "EIO", "RENAME"])
def test_a_disk_that_fails_in_the_middle(api, tmp_path, record, shim, mode):
    tally, more = elsewhere("disks", api, tmp_path, mode, env={"LD_PRELOAD": shim, "SHIM_LATER": mode})
    record(f"disk fails: {mode}", tally)
    assert more["warnings"] == {}


def disks(transport, shim_mode=None):
    """Meet each disk in a forked process, with a transport that used it before and with a new one."""
    tally, skipped, warned = Tally(), [], {}
    for number in range(3):
        right(number, LARGE)  # remembered by every child
    for name in [shim_mode] if shim_mode else DISKS:
        for in_use in (False, True):
            receive, send = os.pipe()
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                os.write(send, json.dumps(one_disk(transport, name, in_use=in_use)).encode())
                os._exit(0)
            os.close(send)
            with os.fdopen(receive, "rb") as pipe:
                told = pipe.read()
            os.waitpid(child, 0)
            counts, skip, warnings_given = json.loads(told) if told else ({"hung": 1}, None, [])
            tally.update(counts)
            skipped += [skip] if skip and in_use else []
            if warnings_given:
                warned[f"{name}, {'in use' if in_use else 'at start'}"] = warnings_given
    return tally, {"skipped": skipped, "warnings": warned}


def one_disk(transport, name, *, in_use):
    spoil, wanted = DISKS.get(name, (nothing, ONE))
    if spoil in AS_ROOT and os.geteuid() != 0:
        return {}, f"{name} (needs root)", []
    tally = Tally()
    base = Path(tempfile.mkdtemp())
    base.chmod(0o777)
    directory = base / "parent" / "loopback"

    def new():
        return Transport(token=TOKEN, base_url=transport.base_url, cache_dir=directory, patience=QUICK)

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            with as_user():
                transport = new()
                for number in range(3):
                    tally.look(transport, number, LARGE)
            try:
                if spoil in AS_ROOT:
                    spoil(directory)
                else:
                    with as_user():
                        spoil(directory)
            except NotAllowedHereError as error:
                return {}, f"{name} ({error})", []
            os.environ["SHIM"] = os.environ.get("SHIM_LATER", "")
            tally["injected"] += 1
            with as_user():
                transport = transport if in_use else new()
                for options in ({}, {}, {"refresh": True}, {}):
                    for number in range(3):
                        tally.look(transport, number, LARGE, **options)
                transport.cache.info()
                transport.cache.list()
        given = [str(each.message) for each in caught if issubclass(each.category, CacheWarning)]
        others = [str(each.message) for each in caught if not issubclass(each.category, CacheWarning)]
        return tally, None, given + others if len(given) not in wanted or others else []
    finally:
        subprocess.run(["umount", str(directory)], capture_output=True, check=False)
        os.system(f"chmod -R 700 {base} 2>/dev/null; rm -rf {base}")


def test_what_is_planted_in_the_cache_is_neither_run_nor_believed(api, tmp_path, record):
    tally = Tally()
    directory = tmp_path / "loopback"
    transport = to(api, directory)

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    wrong = {"columns": ["Periode"], "rows": []}
    plants = [
        pickle.dumps(Bomb()),
        pickle.dumps(Bomb(), 0),
        json.dumps(wrong).encode(),
        b"[]\n" + json.dumps(wrong).encode(),
    ]
    fetch(transport, 0)
    for _ in range(max(1, 10 // TENTH)):
        for plant in plants:
            (directory / f"{cache_key(api.url + '/' + path_of(0))}.answer").write_bytes(plant)
            tally["injected"] += 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CacheWarning)
                transport.cache.list()
                tally.look(transport, 0)
    tally["wrong"] += (tmp_path / "ran").exists()
    tally["wrong"] += directory.stat().st_mode & 0o777 != 0o700
    tally["wrong"] += any(path.stat().st_mode & 0o777 != 0o600 for path in directory.iterdir())
    record("pickles and false answers planted; modes", tally)


# 7. Many processes, with and without locks.


@pytest.mark.parametrize("locks", ["locks", "no-op locks", "ENOLCK"])
def test_eight_processes_on_one_cache(api, tmp_path, record, request, locks):
    env = {}
    if locks != "locks":
        env = {"LD_PRELOAD": request.getfixturevalue("shim"), "SHIM": locks}
    tally, _ = elsewhere("crowd", api, tmp_path, 8, 250 // TENTH, env=env)
    record(f"8 processes, {locks}", tally)


def crowd(transport, processes, count):
    return in_children(processes, lambda child: many_questions(transport, child, count), transport)


def many_questions(transport, seed, count):
    tally, draw = Tally(), random.Random(seed)
    for _ in range(count):
        number = draw.randrange(20)
        size = LARGE if number < 5 else SMALL
        tally["injected"] += 1
        tally.look(transport, number, size, refresh=draw.random() < 0.5)
    return tally


def in_children(processes, work, transport):
    pipes = []
    for child in range(processes):
        receive, send = os.pipe()
        if os.fork() == 0:
            os.close(receive)
            os.write(send, json.dumps(work(child)).encode())
            os._exit(0)
        os.close(send)
        pipes.append(receive)
    tally = Tally()
    for receive in pipes:
        with os.fdopen(receive, "rb") as pipe:
            told = pipe.read()
        tally.update(json.loads(told) if told else {"unexpected": 1})
        os.wait()
    for number in range(20):
        with contextlib.suppress(NotCachedError):
            size = LARGE if number < 5 else SMALL
            body = fetch(transport, number, size, offline=True).value
            tally["right" if body == right(number, size) else "wrong"] += 1
    return tally, {}


# 8. Forked after use.


def test_fork_after_use(api, tmp_path, record):
    api.faults.random(0.5, kinds=["latency"], seconds=0.01)  # so that requests on one connection would meet
    tally, _ = elsewhere("forks", api, tmp_path, 100 // TENTH)
    record("fork after use, 4 children", tally)


def forks(transport, count):
    tally, rounds = Tally(), 5
    for turn in range(rounds):
        fetch(transport, 0, refresh=True)  # opens the connection that the children inherit
        start = time.monotonic() + 0.2

        def work(child, turn=turn, start=start):
            tally = Tally()
            time.sleep(max(0, start - time.monotonic()))  # all at once
            for number in range(count // rounds):
                tally["injected"] += 1
                tally.look(transport, numbered(turn, child, number))
            return tally

        tally.update(in_children(4, work, transport)[0])
    asked = [numbered(*each) for each in itertools.product(range(rounds), range(4), range(count // rounds))]
    tally.look_for_losses(transport, asked)
    return tally, {}


def numbered(turn, child, number):
    return 10_000 * (turn + 1) + 1000 * child + number


# 10. Time.


def test_no_answer_is_waited_for_longer_than_the_budget(api, tmp_path, record):
    tally, slowest = Tally(), 0.0
    for kind, options in [
        ("drip", {"seconds": 0.05}),
        ("hang", {}),
        ("503", {"retry_after": "3600"}),
        ("429", {"retry_after": "61"}),
        ("503", {"retry_after": "60"}),
        ("reset", {}),
    ]:
        for number in range(max(1, 10 // TENTH)):
            api.faults.clear()
            api.faults.add(kind, times=None, **options)
            began = time.monotonic()
            with pytest.raises(ServiceError):
                fetch(to(api, tmp_path, Patience(budget=0.6, read=0.4, pause=0.2)), number)
            took = time.monotonic() - began
            slowest = max(slowest, took)
            tally["injected"] += 1
            tally["hung" if took > 6 else "right"] += 1
    record("budget of 0.6 s: drip, hang, Retry-After", tally, f"slowest {slowest:.2f} s")


def test_one_question_from_many_threads_is_one_request(api, tmp_path, record):
    tally = Tally()
    transport = to(api, tmp_path)
    api.faults.add("latency", times=None, seconds=0.1)
    for number in range(max(2, 20 // TENTH)):
        before = len(api.requests)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: tally.look(transport, number), range(16)))  # noqa: B023
        tally["injected"] += 1
        tally["wrong"] += len(api.requests) - before - 1
    record("one cold question from 16 threads at once", tally)


# 12. The clock.


def test_a_failure_is_put_down_to_the_closed_hour_of_any_day_and_to_no_other(api, tmp_path, record):
    tally = Tally()
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    patience = Patience(tries=2, pause=0.001)
    transport = to(api, tmp_path, patience, closed_hour=True, clock=lambda: clock[0])
    api.faults.add("500", times=None)
    zone = danish_zone()
    for half_hour in range(0, 2 * 24 * 365, 1 if FULL else 7):
        clock[0] = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * half_hour)
        closed = clock[0].astimezone(zone).hour == 22
        tally["wrong"] += (opening_moment(clock[0]) is not None) != closed
        if half_hour % 5 == 0:
            before = len(api.requests)
            tally["injected"] += closed
            try:
                fetch(transport, 1_000_000 + half_hour)
            except (ServiceError, ClosedHourError) as error:
                blamed = isinstance(error, ClosedHourError)
            fitting = blamed is closed and len(api.requests) - before == (1 if closed else patience.tries)
            tally["right" if fitting else "wrong"] += 1
    record("closed hour, a year of half-hours", tally)


# 13. All together.


def test_soak(api, tmp_path, record):
    kinds = [kind for kind in KINDS if kind not in REFUSALS and kind not in SLOW]
    seconds = 90 if FULL else 5
    transport = to(api, tmp_path / "cache")
    for number in range(60):
        fetch(transport, number)
    api.faults.random(0.3, kinds=kinds, retry_after="0", seed=1)
    tally, more = elsewhere("soak", api, tmp_path, seconds)
    tally["injected"] = api.faults.injected.total() + more["kills"]
    note = f"{seconds} s, 3 processes of 3 threads, {more['kills']} kill -9, {more['reported']} reported failures"
    record("soak, 30 % faults", tally, f"{note}, {more['orphans']} temporary files left")


NAMES = ("right", "wrong", "unexpected", "hung", "reported")


def soak(transport, seconds):
    tally = Tally()
    counters = mmap.mmap(-1, 8 * 9 * len(NAMES))  # shared with the children, so that kills lose no count

    def work(slot):
        draw = random.Random()
        while True:
            counts, number = Tally(), draw.randrange(60)
            try:
                body = fetch(transport, number, refresh=draw.random() < 0.5).value
                counts["right" if body == right(number) else "wrong"] += 1
            except ServiceError:
                counts["reported"] += 1
            except Exception:  # noqa: BLE001
                traceback.print_exc()
                counts["unexpected"] += 1
            for place, name in enumerate(NAMES):
                at = 8 * (slot * len(NAMES) + place)
                struct.pack_into("q", counters, at, struct.unpack_from("q", counters, at)[0] + counts[name])

    def start(process):
        child = os.fork()
        if child == 0:
            for thread in range(2):
                threading.Thread(target=work, args=(3 * process + thread,), daemon=True).start()
            work(3 * process + 2)
        return child

    children = {process: start(process) for process in range(3)}
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        time.sleep(1)
        process = random.randrange(3)
        os.kill(children[process], signal.SIGKILL)
        os.waitpid(children[process], 0)
        count += 1
        children[process] = start(process)
    for child in children.values():
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    values = struct.unpack(f"{9 * len(NAMES)}q", counters[:])
    totals = {name: sum(values[place :: len(NAMES)]) for place, name in enumerate(NAMES)}
    tally.update({name: totals[name] for name in NAMES[:-1]})
    tally.look_for_losses(transport, range(60))
    orphans = len(list(transport.cache.path.glob(".tmp-*")))
    return tally, {"kills": count, "reported": totals["reported"], "orphans": orphans}


if __name__ == "__main__":
    NAME, URL, TOKEN, DIRECTORY, *ARGUMENTS = sys.argv[1:]
    SCENARIO = {
        "kills": kills,
        "interrupts": interrupts,
        "disks": disks,
        "crowd": crowd,
        "forks": forks,
        "soak": soak,
    }[NAME]
    STANDARD = Transport(token=TOKEN, base_url=URL, cache_dir=Path(DIRECTORY) / "cache", patience=QUICK)
    RESULT = SCENARIO(STANDARD, *(int(each) if each.isdigit() else each for each in ARGUMENTS))
    print(json.dumps(RESULT))
