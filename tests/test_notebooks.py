"""The notebooks run from clean against the sandbox, and are stored with what they print and draw."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
#: Programs that few have; a notebook that imports one is not run where it is missing.
SELDOM_HERE = ("altair", "plotly")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_clean_and_warns_of_nothing(
    path: Path, api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.read(path, as_version=4)
    for program in SELDOM_HERE:
        if re.search(
            rf"^import {program}\b", "\n".join(cell.source for cell in notebook.cells), re.MULTILINE
        ):
            pytest.importorskip(program, reason=f"{program} is the user's own, and is not here")
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", api.token)
    monkeypatch.setenv("JOBINDSATS_API_URL", api.url)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    # The kernel's time is not the tests': coverage stays outside.
    monkeypatch.delenv("COV_CORE_SOURCE", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    told = [
        (cell.source, output.text)
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stderr"
    ]
    assert told == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum(bool(cell.outputs) for cell in code) >= len(code) // 2
    assert not [o for cell in code for o in cell.outputs if o.output_type == "error"]
    assert not re.search(r"/(root|home|tmp|Users|work)/", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path", [path for path in NOTEBOOKS if path.stem[:2] != "04"], ids=lambda path: path.stem
)
def test_a_notebook_begins_with_the_one_line_that_a_user_has(path: Path) -> None:
    first = next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    assert "ji.read_jobindsats(" in first.source
    assert not re.search(r"client|environ|sandbox", first.source)


def test_the_error_that_the_package_is_about_is_shown() -> None:
    for path in NOTEBOOKS[:2]:
        printed = path.read_text(encoding="utf-8")
        assert "sum: refused for 21 cells of" in printed
        assert "The true number lies between" in printed


def test_the_twelve_jobs_stand_in_order() -> None:
    jobs = next(path for path in NOTEBOOKS if path.stem.startswith("05")).read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r'"## (\d+)\. ', jobs)] == list(range(1, 13))


def test_all_notebooks_are_there() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == [
        f"{number:02d}" for number in range(1, len(NOTEBOOKS) + 1)
    ]
    assert len(NOTEBOOKS) >= 5
