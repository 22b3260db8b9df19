"""Many requests, few at a time: every cell once, no more connections than help, nothing hidden that went wrong."""

from __future__ import annotations

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
from jobindsats_pandas.queries import plan
from jobindsats_pandas.transport.notices import notify

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


def test_nobody_there_is_noticed_before_the_last_cell(monkeypatch):
    asked = []

    def ask(request):
        asked.append(request)
        raise TimedOutError("too slow")

    monkeypatch.setattr(gathering, "FRUITLESS", -1.0)
    with pytest.raises(TimedOutError):
        gather(requests(10**6), ask, cut=halve)
    assert len(asked) == 1


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
