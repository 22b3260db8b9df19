from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "run.py"
MISSED, TOO_BUSY = 1, 2


@pytest.mark.alone
@pytest.mark.skipif(sys.platform == "win32", reason="peaks of memory are read from Linux' /proc")
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks of memory are read from /proc")
def test_no_figure_misses_half_of_its_goal():
    """A process of its own: CPU time counts all threads, and the tests beside this one have theirs."""
    command = [sys.executable, str(BENCHMARK), "--short", "--gate"]
    for _ in range(2):
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode in {0, MISSED, TOO_BUSY}, run.stderr
        if run.returncode == 0:
            return
    if run.returncode == TOO_BUSY:
        pytest.skip(f"the machine was too busy to measure anything:\n{run.stdout}")
    raise AssertionError(run.stdout)
