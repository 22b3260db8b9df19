"""The lines of docs/scheduled.md, as far as they can be tried without waiting for the morning."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import jobindsats_pandas as ji

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[1] / "docs" / "scheduled.md").read_text(encoding="utf-8")
FILES = "update sanktioner.parquet ledige.parquet"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cron and systemd are of Unix")


def block(language: str, place: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[place]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home with a key, an installation and two files, as the page tells to have them."""
    with ji.sandbox.serve() as api:
        home = tmp_path / "hjemme hos æ"
        for folder in ("data", ".config", ".venv/bin"):
            (home / folder).mkdir(parents=True)
        (home / ".config" / "jobindsats.env").write_text(
            f"JOBINDSATS_API_TOKEN={api.token}\nJOBINDSATS_API_URL={api.url}\n"
        )
        command = home / ".venv" / "bin" / "jobindsats"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m jobindsats_pandas "$@"\n')
        command.chmod(0o755)
        client = ji.Client(api.token, api.url, tmp_path / "cache")
        for table, name in (("y01h01", "sanktioner"), ("y25i01", "ledige")):
            client.read(table, periods=2).jobindsats.to_parquet(home / "data" / f"{name}.parquet")
        yield home


def run_crontab_line(home: Path) -> str:
    """What cron would mail: it runs a line by sh, with little more than a home, and % is the end of a line."""
    *when, command = block("crontab").strip().split(None, 5)
    assert when == ["30", "8", "*", "*", "*"]
    assert "%" not in command
    environment = {
        "HOME": str(home),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(Path(ji.__file__).parents[1]),
    }
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_the_crontab_line_updates_and_is_silent_until_something_fails(home: Path) -> None:
    assert run_crontab_line(home) == ""
    log = home / "data" / "update.log"
    assert [json.loads(line)["state"] for line in log.read_text().splitlines()] == ["unchanged", "unchanged"]
    (home / "data" / "sanktioner.parquet").write_bytes(b"PAR1")
    mailed = run_crontab_line(home)
    assert '"state": "failed"' in mailed
    assert [json.loads(line)["state"] for line in log.read_text().splitlines()[2:]] == ["failed", "unchanged"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
def test_systemd_takes_its_two_files(home: Path, tmp_path: Path) -> None:
    units = tmp_path / "units"
    units.mkdir()
    for place, ending in enumerate(("service", "timer")):
        text = block("ini", place).replace("%h", str(home).replace(" ", r"\x20"))
        (units / f"jobindsats.{ending}").write_text(text)
    paths = sorted(map(str, units.iterdir()))
    environment = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(tmp_path)}
    done: Any = subprocess.run(
        ["systemd-analyze", "verify", "--user", *paths],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert "jobindsats" not in done.stderr, done.stderr
    when = re.search(r"OnCalendar=(.*)", block("ini", 1))
    assert when is not None
    calendar = subprocess.run(
        ["systemd-analyze", "calendar", when[1]], capture_output=True, text=True, check=True
    )
    assert "08:30:00 Europe/Copenhagen" in calendar.stdout


def test_every_scheduler_is_given_the_same_command() -> None:
    assert FILES.replace("update", "update --json") in block("crontab")
    assert FILES in block("ini")
    assert FILES in block("bat")
    # What cmd gets of /TR: the inner quotes bare.
    (inner,) = re.findall(r'/TR "((?:[^"\\]|\\.)*)"\n', block("bat"))
    assert inner.replace('\\"', '"').startswith('cmd /c cd /d "%USERPROFILE%\\data" && "%USERPROFILE%')
