"""Everything that has to hold: lint, types, tests with doctests and notebooks, branch coverage.

``python -m tests`` runs it all; ``--full`` lets the fault suite run at its full counts. ``--lowest`` runs the suites of
the guard on sums instead, with the lowest versions that are declared, in an environment that it makes itself; ``--pre``
the same suites with the newest pre-releases of pandas and numpy.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]

STEPS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    # By itself: tests beside it would take its processors.
    "speed": ["pytest", "-q", "-rP", "-m", "alone", "tests/test_benchmark.py"],
}
# One processor's work of half a minute, for which the tests beside it leave room: now and then they wait.
BESIDE_THE_TESTS = {
    "types": ["mypy"],
    "types as a user sees them": ["mypy", "--strict", "tests/typing_of_public_names.py"],
}
TESTS = [
    "pytest",
    "-q",
    "--numprocesses=auto",
    "--dist=worksteal",
    "--doctest-modules",
    "-m",
    "not alone",
    "--cov",
    "--cov-report=",
    "--durations=10",
]
# By itself: pytest-cov would work it out twice, once for the total, while nothing else has anything left to do.
COVERAGE = ["coverage", "report", "--fail-under=99"]


# What leans on the insides of pandas and numpy.
GUARD = [
    "canary",
    "statuses",
    "rules",
    "addresses",
    "array",
    "operators",
    "reductions",
    "leaving",
    "warnings",
]
# What those suites need beside the package; the versions of its own dependencies are what is tried.
TOOLS = [
    "pytest>=8.3",
    "pytest-xdist>=3.6",
    "hypothesis>=6.120",
    "matplotlib>=3.10",
    "openpyxl>=3.1.5",
    "jinja2>=3.1.6",
]


def lowest() -> list[str]:
    """The lowest version of each dependency that pyproject.toml allows.

    Examples
    --------
    >>> [pin for pin in lowest() if pin.startswith("pandas")]
    ['pandas==3.1']
    """
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found = (re.match(r"([\w-]+)>=([\d.]+)", text) for text in declared)
    return [f"{one[1]}=={one[2]}" for one in found if one]


def other_versions(*, pre: bool) -> int:
    """Run the guard's suites with other versions of what it stands on; return how many steps failed."""
    tests = [str(ROOT / "tests" / f"test_disclosure_{name}.py") for name in GUARD]
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python"
        install = ["--pre", "--upgrade", "pandas", "numpy"] if pre else lowest()
        pip = [str(python), "-m", "pip"]
        steps = {
            "environment": [sys.executable, "-m", "venv", folder],
            # Python compiles what the suites import; pip would compile three times as much.
            "versions": [*pip, "install", "-q", "--no-compile", *install, *TOOLS],
            # Its own dependencies, too, are the newest. With the lowest the package is imported from where it lies: it may
            # just be installed into another environment, which would write the same files.
            **({"package": [*pip, "install", "-q", "-e", str(ROOT)]} if pre else {}),
            "what is installed": [*pip, "list"],
            "guard": [
                str(python),
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "--numprocesses=auto",
                *tests,
            ],
        }
        environment = clean_environment() | {"PYTHONPATH": str(ROOT)}
        for name, command in steps.items():
            print(f"== {name}: {' '.join(command)}", flush=True)
            if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
                print(f"== failed: {name}", flush=True)
                return 1
    print("== all steps passed", flush=True)
    return 0


def clean_environment() -> dict[str, str]:
    """Leave out what has no place in tests: a user's own key, address and cache.

    Modules are compiled once, also where the machine forbids to keep them: a hundred processes would compile them anew.
    """
    environment = dict(os.environ)
    for name in (
        "JOBINDSATS_API_TOKEN",
        "JOBINDSATS_API_KEY",
        "JOBINDSATS_API_URL",
        "JOBINDSATS_CACHE_DIR",
        "PYTHONDONTWRITEBYTECODE",
    ):
        environment.pop(name, None)
    return environment


def print_figures() -> None:
    """Print how large the house is, so that the next change sees it."""
    sys.path.insert(0, str(Path(__file__).parent))
    import house

    print("== the house")
    for name, figure in house.figures():
        print(f"   {name:<26}{figure}", flush=True)


def passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    """Run a step to its end, and say whether it passed."""
    print(f"== {name}: {' '.join(command)}", flush=True)
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, check=False)
    return not done.returncode


@contextlib.contextmanager
def begun(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Let a step run beside others for as long as the ``with`` block lasts; what it says waits in a pipe."""
    command = [sys.executable, "-m", *command]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()  # nothing if it has ended; Ctrl-C leaves none behind


def main() -> int:
    """Run every step, also behind one that failed, and return how many failed."""
    if {"--lowest", "--pre"} & set(sys.argv[1:]):
        return other_versions(pre="--pre" in sys.argv[1:])
    print_figures()
    environment = clean_environment()
    if "--full" in sys.argv[1:]:
        environment["JOBINDSATS_FULL"] = "1"
    failed = [name for name, command in STEPS.items() if not passes(name, command, environment)]
    with begun(TESTS, environment) as tests:
        failed += [
            name for name, command in BESIDE_THE_TESTS.items() if not passes(name, command, environment)
        ]
        print(f"== tests: {' '.join(TESTS)}", flush=True)
        for line in tests.stdout or ():
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
        failed += ["tests"] if tests.wait() else []
    failed += [] if passes("coverage", COVERAGE, environment) else ["coverage"]
    print(f"== failed: {', '.join(failed)}" if failed else "== all steps passed", flush=True)
    return len(failed)


if __name__ == "__main__":
    raise SystemExit(main())
