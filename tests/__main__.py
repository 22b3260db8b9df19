"""Everything that has to hold: lint, types, tests with doctests and notebooks, branch coverage.

``python -m tests`` runs it all; ``--full`` lets the fault suite run at its full counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

STEPS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "types as a user sees them": ["mypy", "--strict", "tests/typing_of_public_names.py"],
    # By itself: tests beside it would take its processors. First, so that the last words are those of all the tests.
    "speed": ["pytest", "-q", "-rP", "-m", "alone", "tests/test_benchmark.py"],
    "tests": [
        "pytest",
        "-q",
        "--numprocesses=auto",
        "--dist=worksteal",
        "--doctest-modules",
        "-m",
        "not alone",
        "--cov",
        "--cov-report=term-missing",
        "--cov-fail-under=99",
        "--durations=10",
    ],
}


def main() -> int:
    """Run every step, also behind one that failed, and return how many failed."""
    environment = dict(os.environ)
    # A user's own key, address and cache have no place in tests.
    for name in ("JOBINDSATS_API_TOKEN", "JOBINDSATS_API_KEY", "JOBINDSATS_API_URL", "JOBINDSATS_CACHE_DIR"):
        environment.pop(name, None)
    if "--full" in sys.argv[1:]:
        environment["JOBINDSATS_FULL"] = "1"
    failed = []
    for name, command in STEPS.items():
        print(f"== {name}: {' '.join(command)}", flush=True)
        if subprocess.run(
            [sys.executable, "-m", *command], cwd=ROOT, env=environment, check=False
        ).returncode:
            failed.append(name)
    print(f"== failed: {', '.join(failed)}" if failed else "== all steps passed", flush=True)
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(main())
