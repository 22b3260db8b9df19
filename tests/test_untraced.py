"""What brings no coverage of its own runs without its tracing, in the processes of pytest-xdist too."""

from __future__ import annotations

import sys

import pytest


def is_traced() -> bool:
    return type(sys.gettrace()).__module__.startswith("coverage")


@pytest.fixture
def while_set_up() -> bool:
    return is_traced()


@pytest.mark.untraced
def test_a_mark_takes_the_tracing_away_from_a_test_and_what_it_sets_up(
    request: pytest.FixtureRequest, while_set_up: bool
) -> None:
    if request.config.getoption("cov_context", None):
        pytest.skip("all is traced where it is asked which test reaches a line")
    assert not while_set_up
    assert not is_traced()


def test_the_next_test_is_traced_if_any_is(request: pytest.FixtureRequest, while_set_up: bool) -> None:
    assert while_set_up == is_traced() == request.config.pluginmanager.hasplugin("_cov")
