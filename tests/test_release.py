"""What would be released: one version, a complete sdist whose tests run, a wheel that an index takes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import jobindsats_pandas as ji

ROOT = Path(__file__).parents[1]


def version_of(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def test_the_version_stands_in_one_place_and_each_release_has_its_section_and_day() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert pyproject["project"]["dynamic"] == ["version"]
    titles = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    released = [re.fullmatch(r"(\d+\.\d+\.\d+), (\d{4}-\d{2}-\d{2})", title) for title in titles]
    sections = [(version_of(one[1]), one[2]) for one in released if one]
    assert sections == sorted(sections, reverse=True)
    current, dev, _ = ji.__version__.partition(".dev")
    if dev:
        assert titles[0] == "Unreleased"
        assert version_of(current) > sections[0][0]
    else:
        assert version_of(current) == sections[0][0]
    cited = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    newest, day = sections[0]
    assert f"\nversion: {'.'.join(map(str, newest))}\ndate-released: {day}\n" in cited


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distributions, built from a copy of what is under version control."""
    pytest.importorskip("build", reason="the extra test is not installed")
    folder = tmp_path_factory.mktemp("release")
    copy = folder / "source"
    for name in tracked():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    command = [sys.executable, "-m", "build", "-q", "--no-isolation", "--outdir", folder / "dist", copy]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def tracked() -> list[str]:
    """The project's files; from an sdist, which has no history, those that it lists itself."""
    if (ROOT / ".git").exists():
        command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return [name for name in listed if (ROOT / name).is_file()]
    listing = next(ROOT.glob("*.egg-info")) / "SOURCES.txt"
    return [name for name in listing.read_text().splitlines() if "egg-info" not in name]


@pytest.fixture(scope="module")
def unpacked(built: Path) -> Path:
    """The sdist, unpacked."""
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(built.parent, filter="data")
    return built.parent / archive.name.removesuffix(".tar.gz")


def test_the_sdist_holds_all_that_the_project_holds(unpacked: Path) -> None:
    assert [name for name in tracked() if not (unpacked / name).is_file()] == []


def test_tests_run_from_the_sdist(unpacked: Path) -> None:
    some = [f"tests/test_{name}.py" for name in ("layers", "periods", "matching")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *some],
        cwd=unpacked,
        env=environment() | {"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert re.search(r"\d+ passed", done.stdout)


def test_the_wheel_holds_the_package_alone_and_an_index_takes_both(built: Path) -> None:
    pytest.importorskip("twine", reason="the extra test is not installed")
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        (metadata,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        told = Parser().parsestr(file.read(metadata).decode())
    assert {name.split("/")[0].split("-")[0] for name in names} == {"jobindsats_pandas"}
    package = [name for name in tracked() if name.startswith("jobindsats_pandas/")]
    assert set(package) == {name for name in names if ".dist-info/" not in name}
    assert "jobindsats_pandas/py.typed" in names
    assert told["Version"] == ji.__version__
    assert told["Requires-Python"] == ">=3.11"
    check = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
