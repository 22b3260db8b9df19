"""The code of the README and of docs/ runs as it stands, shows what it is said to show, and the commands run too."""

from __future__ import annotations

import contextlib
import doctest
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

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, *DOCS]
OTHERS = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]

#: Programs that pages name and our tests do not need; where they are, their lines run.
SELDOM_HERE = ("plotly", "altair", "sklearn")


def blocks_of(page: Path) -> list[tuple[str, str]]:
    """Language and code of each block of a page."""
    return re.findall(r"```(\w+)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def lines_of(language: str) -> list[str]:
    """Every line of the pages in a language of shells, once."""
    blocks = [block for page in PAGES for block in blocks_of(page)]
    lines = [line for spoken, code in blocks if spoken == language for line in code.splitlines() if line]
    return list(dict.fromkeys(lines))


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.filterwarnings("ignore:find:jobindsats_pandas.errors.QueryWarning")
@pytest.mark.filterwarnings("ignore:No code for 'Uoplyst:jobindsats_pandas.errors.QueryWarning")
def test_every_python_block_of_a_page_runs_in_order_and_shows_the_text_below_it(page: Path) -> None:
    names: dict[str, Any] = {}
    printed = io.StringIO()
    for language, code in blocks_of(page):
        missing = [program for program in SELDOM_HERE if program in code and not find_spec(program)]
        if language == "python" and not missing:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(code, page.name, "exec"), names)
        elif language == "text":
            flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
            assert doctest.OutputChecker().check_output(code, printed.getvalue(), flags), printed.getvalue()
    if page == README:
        assert names["again"].equals(names["df"])


def test_the_readme_is_a_page_and_shows_a_frame_and_the_error_above_the_fold() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 140
    shown = [place for place, line in enumerate(lines) if line == "```text"]
    assert len(shown) == 2
    assert max(shown) < 60


def test_the_readme_reads_the_same_where_files_beside_it_are_not_to_be_had() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", README.read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not target.startswith("https://")] == []


def test_every_page_that_is_named_exists_and_every_page_is_named() -> None:
    text = README.read_text(encoding="utf-8")
    named = set(re.findall(r"`(docs/[\w-]+\.(?:md|py)|[A-Z]+\.md|notebooks/)`", text))
    assert [name for name in named if not (ROOT / name).exists()] == []
    contents = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    told = named | {f"docs/{target}" for target in re.findall(r"\]\(([\w-]+\.md)\)", contents)}
    assert {f"docs/{page.name}" for page in DOCS} <= told


@pytest.mark.parametrize("page", [*DOCS, *OTHERS], ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            found = page.parent / path if path else page
            assert found.exists(), target
            if anchor:
                titles = re.findall(r"^#+ (.*)$", found.read_text(encoding="utf-8"), re.MULTILINE)
                assert anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in titles}


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


@pytest.mark.filterwarnings("ignore:find:jobindsats_pandas.errors.QueryWarning")
def test_every_command_runs(capsys: Any) -> None:
    commands = [line for line in lines_of("bash") if line.startswith("jobindsats ")]
    assert len(commands) >= 5
    for command in commands:
        assert main(shlex.split(command)[1:]) == 0, command
    assert "curl" in capsys.readouterr().out


def test_the_two_commands_of_the_first_screen_do_their_own_set_up() -> None:
    first_screen = README.read_text(encoding="utf-8").split("\n## ", maxsplit=1)[0]
    assert len(first_screen.splitlines()) < 25
    unix, tests, windows = (code.strip() for _, code in blocks_of(README)[:3])
    assert unix.startswith("python3 -m venv .venv && .venv/bin/pip install")
    assert unix.endswith("jobindsats demo")
    assert tests.endswith("python -m tests")
    # On Windows the same words, as its programs are called there.
    beside = {"python3": "py", " &&": ";", "/bin/": "\\Scripts\\"}
    for old, new in beside.items():
        unix, tests = unix.replace(old, new), tests.replace(old, new)
    assert windows.splitlines() == [unix, tests]


POWERSHELL = sorted(
    {
        *lines_of("powershell"),
        *(line for line in lines_of("bash") if line.startswith("jobindsats ")),
        *re.findall(r"`(\$env:[^`]+)`", README.read_text(encoding="utf-8")),
    }
)


@pytest.mark.parametrize("line", POWERSHELL)
def test_powershell_understands_its_lines_and_those_of_the_command_line(line: str) -> None:
    tree_sitter = pytest.importorskip("tree_sitter")
    grammar = pytest.importorskip("tree_sitter_powershell")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    assert not parser.parse(line.encode()).root_node.has_error
    # What is read, but otherwise: Windows PowerShell has no &&, and takes words between commas for a list of its own.
    outside = re.sub(r"""'[^']*'|"[^"]*\"""", "", line)
    assert not re.search(r"&&|^export |,|\.venv/", outside)


def test_powershell_lines_are_told_from_others() -> None:
    parser_and_grammar = pytest.importorskip("tree_sitter"), pytest.importorskip("tree_sitter_powershell")
    tree_sitter, grammar = parser_and_grammar
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    assert parser.parse(b'$env:JOBINDSATS_API_TOKEN = "').root_node.has_error
