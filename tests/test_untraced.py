"""What brings no coverage of its own runs without its tracing, in the processes of pytest-xdist too."""

from __future__ import annotations

import sys

import pytest


@pytest.mark.no_cover
def test_a_mark_takes_the_tracing_away() -> None:
    assert not type(sys.gettrace()).__module__.startswith("coverage")
