"""The reference of the public names is built from their docstrings, holds them all, and its links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.accessor import FrameAccessor, SeriesAccessor

SCRIPT = Path(__file__).parents[1] / "docs" / "reference.py"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, str]:
    pytest.importorskip("pdoc", reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("reference")
    command = [sys.executable, str(SCRIPT), str(folder)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    return {path: path.read_text(encoding="utf-8") for path in folder.rglob("*.html")}


def named(pages: dict[Path, str], page: str) -> set[str]:
    """What a page has places for."""
    (text,) = [text for path, text in pages.items() if path.name == page]
    return set(re.findall(r'id="([\w.]+)"', text))


def test_every_public_name_stands_in_it(pages: dict[Path, str]) -> None:
    public = set(ji.__all__) - {"errors", "sandbox"}
    assert public <= named(pages, "jobindsats_pandas.html")
    assert set(ji.errors.__all__) <= named(pages, "errors.html")
    assert set(ji.sandbox.__all__) - {"DESIGNS"} <= named(pages, "sandbox.html")
    methods = {
        f"{accessor.__name__}.{name}"
        for accessor in (FrameAccessor, SeriesAccessor)
        for name in vars(accessor)
        if not name.startswith("_")
    }
    assert len(methods) > 25
    assert methods <= named(pages, "accessor.html")


def test_every_link_within_it_leads_somewhere(pages: dict[Path, str]) -> None:
    checked = 0
    for path, text in pages.items():
        without_scripts = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
        for target in re.findall(r'href="([^"]+)"', without_scripts):
            if not re.match(r"https?:|data:", target):
                file, _, anchor = unquote(target).partition("#")
                found = (path.parent / file).resolve() if file else path
                assert found in {one.resolve() for one in pages} | {path}, target
                if anchor:
                    place = f'id="{anchor}"'
                    there = pages.get(found) or found.read_text(encoding="utf-8")
                    assert place in there, target
                checked += 1
    assert checked > 200
