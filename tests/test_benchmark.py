"""The gate: the short benchmark keeps its goals, by itself, so that nothing takes its processors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "run.py"
GUARD = BENCHMARK.with_name("guard.py")


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="peaks of memory are read from Linux' /proc")
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks of memory are read from /proc")
def test_no_figure_misses_half_of_its_goal():
    """A process of its own: CPU time counts all threads, and the tests beside this one have theirs."""
    command = [sys.executable, str(BENCHMARK), "--short", "--gate"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.alone
@pytest.mark.parametrize(
    "options", [("--small", "--rounds=5"), ("--cells=300000", "--rounds=1")], ids=lambda one: one[0]
)
def test_no_cost_of_the_guard_is_twice_its_goal(options):
    """Ratios of CPU time to pandas' own dtypes, which a busy machine moves far less than times."""
    run = subprocess.run(
        [sys.executable, str(GUARD), "--gate", *options], capture_output=True, text=True, check=False
    )
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
