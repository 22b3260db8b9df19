"""What brings no coverage of its own runs without its tracing, in the processes of pytest-xdist too."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def is_traced() -> bool:
    return type(sys.gettrace()).__module__.startswith("coverage")


WHILE_COLLECTED = is_traced()


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


def test_collecting_is_not_traced() -> None:
    assert not WHILE_COLLECTED


def test_every_name_that_is_told_to_run_untraced_is_of_a_suite_or_a_test(
    request: pytest.FixtureRequest,
) -> None:
    plugins = request.config.pluginmanager.get_plugins()
    (names,) = [plugin.UNTRACED for plugin in plugins if hasattr(plugin, "UNTRACED")]
    for name in names:
        suite, _, test = name.partition("::")
        text = (TESTS / f"{suite}.py").read_text(encoding="utf-8")
        assert not test or f"def {test}(" in text, name
