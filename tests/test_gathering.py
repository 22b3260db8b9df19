"""Many requests, few at a time: every cell once, no more connections than help, nothing hidden that went wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas import gathering
from jobindsats_pandas.errors import ServiceError, StaleDataWarning, TimedOutError
from jobindsats_pandas.forms import halve
from jobindsats_pandas.gathering import gather, shows_progress
from jobindsats_pandas.notices import notify
from jobindsats_pandas.queries import plan

#: Seconds in which a process ends: two on a quiet machine, and two minutes where it waited for the answer in the air.
PROMPT = 10

TABLE = builders.table(dimensions=[builders.AREA, builders.FUNDS])


def requests(max_cells=3):
    return plan(
        TABLE, by={h.id: "*" for h in TABLE.all_hierarchies[:1]}, periods="*", max_cells=max_cells
    ).requests


@given(st.integers(1, 4), st.integers(1, 30))
def test_every_request_is_answered_once(connections, max_cells):
    asked = requests(max(max_cells, len(TABLE.all_measures)))
    answers = gather(asked, lambda request: request, cut=halve, connections=connections)
    assert sorted(answer.path for answer in answers) == sorted(request.path for request in asked)


def test_a_request_that_times_out_is_cut_until_it_does_not():
    def ask(request):
        if request.cells > len(TABLE.all_measures):
            raise TimedOutError("too slow")
        return request

    whole = requests(10**6)
    answers = gather(whole, ask, cut=halve)
    assert len(answers) > 1
    assert sum(answer.cells for answer in answers) == sum(request.cells for request in whole)
    assert len({answer.path for answer in answers}) == len(answers)


def test_what_times_out_to_the_last_cell_is_an_error_that_says_so():
    def ask(request):
        raise TimedOutError("too slow")

    with pytest.raises(TimedOutError, match="too slow") as caught:
        gather(requests(10**6), ask, cut=halve)
    assert "Smaller questions" in caught.value.__notes__[0]


def test_where_nobody_is_there_a_question_is_cut_once_more_and_no_further(monkeypatch):
    asked = []

    def ask(request):
        asked.append(request)
        raise TimedOutError("too slow")

    monkeypatch.setattr(gathering, "FRUITLESS", -1.0)
    with pytest.raises(TimedOutError):
        gather(requests(10**6), ask, cut=halve)
    assert len(asked) == 2


def test_parts_that_were_in_the_air_together_are_each_cut_once_more(monkeypatch):
    monkeypatch.setattr(gathering, "FRUITLESS", 0.2)
    whole = requests(4 * len(TABLE.all_measures))
    gone, first, meanwhile = [], whole[0].path, threading.Barrier(2, timeout=10)

    def ask(request):
        if request.path != first and request in whole and len(gone) < 2:
            gone.append(request)
            meanwhile.wait()  # two of them, neither of which hears anything
            time.sleep(0.3)
            raise TimedOutError("too slow")
        return request

    answers = gather(whole, ask, cut=halve, connections=2)
    assert sum(answer.cells for answer in answers) == sum(request.cells for request in whole)
    assert len(answers) == len(whole) + 2


def test_an_answer_in_between_shows_that_somebody_is_there(monkeypatch):
    monkeypatch.setattr(gathering, "FRUITLESS", -1.0)
    turns = iter([True, False] * 1000)

    def ask(request):
        if request.cells > len(TABLE.all_measures) and next(turns):
            raise TimedOutError("too slow")
        return request

    whole = requests(10**6)
    answers = gather(whole, ask, cut=halve)
    assert sum(answer.cells for answer in answers) == sum(request.cells for request in whole)


def test_a_read_of_one_request_starts_no_thread():
    asked = gather(requests(10**6), lambda request: threading.current_thread(), cut=halve, connections=4)
    assert asked == [threading.current_thread()]


def test_where_threads_cannot_start_parts_are_asked_one_after_the_other(monkeypatch):
    def cannot(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", cannot)
    whole = requests()
    answers = gather(whole, lambda request: (request, threading.current_thread()), cut=halve, connections=4)
    assert [request for request, _ in answers] == list(whole)
    assert {thread for _, thread in answers} == {threading.current_thread()}


def test_an_error_waits_for_no_other_part():
    hanging, whole = threading.Event(), requests()

    def ask(request):
        if request is whole[1]:
            hanging.wait(30)
        if request is whole[2]:
            raise ServiceError("down")
        return request

    began = time.monotonic()
    with pytest.raises(ServiceError, match="down"):
        gather(whole, ask, cut=halve, connections=2)
    assert time.monotonic() - began < 20
    hanging.set()


READ = """
import sys, jobindsats_pandas as ji
client = ji.Client(base_url=sys.argv[1], token=sys.argv[2], cache_dir=sys.argv[3], max_cells=int(sys.argv[4]))
client.table("y01h01")
print("begins", flush=True)
client.read("y01h01", by={"A-kasse": "*"}, periods="latest:4")
"""


def reading(api, directory, max_cells, **options):
    command = [sys.executable, "-W", "error", "-c", READ, api.url, api.token, str(directory), str(max_cells)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == "begins\n"
    return process


def until_asked(api, count):
    while sum("/data/" in request.path for request in api.requests) < count:
        time.sleep(0.02)
    time.sleep(0.2)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize(("max_cells", "in_the_air"), [(10**5, 1), (200, 2)], ids=["one request", "parts"])
def test_ctrl_c_ends_the_process_whatever_is_in_the_air(api, tmp_path, max_cells, in_the_air):
    api.requests.clear()
    api.faults.add("hang", times=None, path="/data/", after=in_the_air - 1)
    try:
        process = reading(api, tmp_path, max_cells)
        until_asked(api, 2 * in_the_air - 1)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        _, told = process.communicate(timeout=30)
        took = time.monotonic() - began
    finally:
        api.faults.clear()
    assert took < PROMPT
    assert told.endswith("KeyboardInterrupt\n")
    assert process.returncode == -signal.SIGINT


def test_an_error_in_one_part_ends_the_process_while_others_hang(api, tmp_path):
    api.requests.clear()
    api.faults.add("422", times=1, path="/data/", after=2)
    api.faults.add("hang", times=None, path="/data/", after=1)
    try:
        process = reading(api, tmp_path, 200)
        until_asked(api, 3)
        began = time.monotonic()
        _, told = process.communicate(timeout=30)
        took = time.monotonic() - began
    finally:
        api.faults.clear()
    assert took < PROMPT
    assert "QueryError" in told
    assert process.returncode == 1


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("pause", [0.0, 0.02, 0.1, 0.3])
def test_a_second_ctrl_c_at_the_command_line_shows_no_traceback(api, tmp_path, pause):
    api.requests.clear()
    api.faults.add("hang", times=None, path="/data/")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "JOBINDSATS_API_URL": api.url,
        "JOBINDSATS_API_TOKEN": api.token,
        "JOBINDSATS_CACHE_DIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "jobindsats_pandas", "read", "y01h01", "--by", "A-kasse"]
    try:
        process = subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        until_asked(api, 1)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        took = time.monotonic() - began
    finally:
        api.faults.clear()
    assert took < PROMPT
    assert "Traceback" not in told
    assert "Exception ignored" not in told
    assert process.returncode in {130, -signal.SIGINT}


def test_other_errors_come_through_and_what_waits_is_never_asked():
    asked = []

    def ask(request):
        asked.append(request)
        raise ServiceError("down")

    with pytest.raises(ServiceError, match="down"):
        gather(requests(), ask, cut=halve, connections=2)
    assert len(asked) == 1


@pytest.mark.parametrize("connections", [1, 2, 4])
def test_never_more_are_in_the_air_than_allowed(connections):
    lock, flying, most = threading.Lock(), [0], [0]

    def ask(request):
        with lock:
            flying[0] += 1
            most[0] = max(most[0], flying[0])
        time.sleep(0.005)
        with lock:
            flying[0] -= 1
        return request

    assert len(gather(requests(), ask, cut=halve, connections=connections)) > 4
    assert most[0] == connections


def test_connections_that_slow_each_other_down_are_given_up():
    pace = gathering._Pace(2)
    assert pace.limit == 1
    pace.learn(0.5, 1)
    assert pace.limit == 2
    for _ in range(4):
        pace.learn(1.0, 2)
    assert pace.limit == 1


def test_connections_that_help_are_kept():
    pace = gathering._Pace(4)
    pace.learn(0.5, 1)
    for _ in range(40):
        pace.learn(0.6, 4)
    assert pace.limit == 4


def test_warnings_of_many_threads_are_told_once_where_the_user_is():
    def ask(request):
        notify("an older answer", StaleDataWarning)
        return request

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answers = gather(requests(), ask, cut=halve)
    assert [str(w.message) for w in caught] == [f"an older answer (and {len(answers) - 1} more such parts)"]
    assert caught[0].filename == __file__


def test_a_long_read_shows_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(gathering, "PATIENCE", 0.0)

    def ask(request):
        time.sleep(0.05)
        return request

    gather(requests(), ask, cut=halve, progress=True, title="x01")
    shown = capsys.readouterr().err
    assert "x01" in shown
    assert "requests" in shown
    gather(requests(), lambda request: request, cut=halve, progress=False)
    assert not capsys.readouterr().err


def test_scripts_show_no_bar_unless_asked():
    assert shows_progress(wanted=True)
    assert not shows_progress(wanted=False)
    assert not shows_progress(None)
