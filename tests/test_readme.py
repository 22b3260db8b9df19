"""The code of the README and of docs/ runs as it stands, and the commands too."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobindsats_pandas.command_line import main
from jobindsats_pandas.errors import QueryWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

README = Path(__file__).parents[1] / "README.md"
DOCS = sorted((README.parent / "docs").glob("*.md"))

#: Programs that pages name and our tests do not need; where they are, their lines run.
SELDOM_HERE = ("plotly", "altair", "sklearn")


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """Language and code of each block of a page."""
    return re.findall(r"```(\w+)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


BLOCKS = blocks_of(README)


@pytest.fixture(scope="module")
def exported() -> Iterator[dict[str, str]]:
    """What the README tells to paste: the lines that `jobindsats sandbox` prints."""
    command = [sys.executable, "-m", "jobindsats_pandas", "sandbox", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    variables: dict[str, str] = {}
    while len(variables) < 3:
        line = process.stdout.readline()
        assert line, "the sandbox ended before it told its address and key"
        if match := re.search(r"export (\w+)=(\S+)", line):
            variables[match[1]] = match[2].strip("'\"")
    yield variables
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)


@pytest.fixture(autouse=True)
def environment(exported: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in exported.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def test_every_python_block_runs_in_order() -> None:
    names: dict[str, Any] = {}
    blocks = [code for language, code in BLOCKS if language == "python"]
    assert len(blocks) >= 5
    printed = io.StringIO()
    unknown = pytest.warns(QueryWarning)
    with contextlib.redirect_stdout(printed), unknown as told:
        for code in blocks:
            exec(compile(code, "README.md", "exec"), names)
    assert "refused" in printed.getvalue()
    assert {str(one.message)[:30] for one in told} == {
        "No code for 'Uoplyst område' i",
        "find('metal'): Members were lo",
    }
    assert names["again"].equals(names["df"])


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
@pytest.mark.filterwarnings("ignore:find:jobindsats_pandas.errors.QueryWarning")
def test_every_python_block_of_a_page_runs_in_order(page: Path) -> None:
    names: dict[str, Any] = {}
    for language, code in blocks_of(page):
        missing = [program for program in SELDOM_HERE if program in code and not find_spec(program)]
        if language == "python" and not missing:
            exec(compile(code, page.name, "exec"), names)


def test_every_page_that_is_named_exists() -> None:
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"`(docs/[\w-]+\.md|[A-Z]+\.md|notebooks/)`", text))
    assert {f"docs/{page.name}" for page in DOCS} <= named
    assert [name for name in named if not (README.parent / name).exists()] == []


def test_what_the_readme_says_of_other_programs_holds(tmp_path: Path) -> None:
    import duckdb
    import polars as pl

    assert main(shlex.split('read y01h01 --by "A-kasse=*" --periods 2025Q01: --out sanktioner.parquet')) == 0
    read = pl.read_parquet("sanktioner.parquet")
    assert read.columns[:3] == ["Periode", "Periode_start", "A-kasse"]
    assert read["Periode"][0] == "2025Q01"
    status = read["Antal sanktioner i alt_status"].cast(pl.String).unique().to_list()
    assert "observed" in status
    assert duckdb.sql("select count(*) as n from 'sanktioner.parquet'").df()["n"].to_list() == [read.height]


def test_every_command_runs(capsys: Any) -> None:
    blocks = [block for page in [README, *DOCS] for block in blocks_of(page)]
    lines = [line for language, code in blocks if language == "bash" for line in code.splitlines()]
    commands = [line for line in lines if line.startswith("jobindsats ")]
    assert len(commands) >= 5
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    assert "curl" in capsys.readouterr().out


def test_the_two_commands_of_the_first_screen_do_their_own_set_up() -> None:
    first_screen = README.read_text(encoding="utf-8").split("## One line", maxsplit=1)[0]
    assert len(first_screen.splitlines()) < 25
    commands = [code.strip() for language, code in BLOCKS[:2] if language == "bash"]
    assert all(command.startswith("python3 -m venv .venv && .venv/bin/pip install") for command in commands)
    assert commands[0].endswith("jobindsats demo")
    assert commands[1].endswith("python -m tests")
