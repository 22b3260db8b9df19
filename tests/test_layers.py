"""The house: a module imports only from lower floors, lazy imports included."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import jobindsats_pandas

PACKAGE = Path(jobindsats_pandas.__file__).parent
FLOORS = [
    {"errors"},
    {"arguments", "fast_rows", "kinds", "matching", "notices", "periods", "sandbox"},
    {"documents", "files", "grids", "searching"},
    {"disclosure", "metadata", "rows", "row_columns", "transport"},
    {"asked_periods", "catalogue", "danish", "forms", "guarded"},
    {"provenance", "queries"},
    {"answers", "framed"},
    {"judging"},
    {"decoding", "gathering"},
    {"asking"},
    {"client"},
    {"key"},
    {"doctor"},
    {"areas", "audit", "exports", "layouts", "parquet", "plotting", "revisions", "totals"},
    {"accessor"},
    {"releases"},
    {"readers", "updating"},
    {"__init__"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@cache
def names_in(path: Path) -> frozenset[str]:
    """The full name of whatever a module imports anywhere, in functions and for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found)


def imports_of(path: Path) -> set[str]:
    """The rooms of the package that a module imports."""
    names = (name.split(".") for name in names_in(path))
    return {name[1] for name in names if name[0] == "jobindsats_pandas" and name[1:] and name[1] in FLOOR}


def module_of(path: Path) -> str:
    """The full name of a module; a package is called after its folder."""
    name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    return name.removesuffix(".__init__")


def files_behind(path: Path) -> set[Path]:
    """The files of the package that a module imports; `from package import module` is that module alone."""
    names = names_in(path)
    bare = {name.rpartition(".")[0] for name in names if name not in FILES}
    wanted = {name for name in names if name in FILES and (FILES[name].name != "__init__.py" or name in bare)}
    return {FILES[name] for name in wanted} - {path}


FILES = {module_of(path): path for path in MODULES}
#: The rules on bare cells.
BARE = {"addresses", "arithmetic", "arrow", "cells", "messages", "selections", "sums"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_lower_floors(path: Path) -> None:
    room = room_of(path)
    assert room in FLOOR, f"{room} stands on no floor"
    upwards = {other for other in imports_of(path) - {room} if FLOOR[other] >= FLOOR[room]}
    assert not upwards


def test_the_sandbox_imports_nothing_of_the_package() -> None:
    for path in MODULES:
        if room_of(path) == "sandbox":
            assert imports_of(path) <= {"sandbox"}


def test_no_files_import_each_other_in_a_circle() -> None:
    order = TopologicalSorter({path: files_behind(path) for path in MODULES}).static_order()
    assert len([*order]) == len(MODULES)  # a circle raises CycleError, which names it


def test_the_rules_on_bare_cells_import_no_pandas_and_nobody_who_does() -> None:
    seen: set[Path] = set()
    left = [PACKAGE / "disclosure" / f"{name}.py" for name in BARE]
    while left:
        path = left.pop()
        seen.add(path)
        assert not {name for name in names_in(path) if name.partition(".")[0] == "pandas"}, path
        left += files_behind(path) - seen
    assert {path.stem for path in seen if path.parent.name == "disclosure"} == BARE
    assert {path.stem for path in seen if path.parent == PACKAGE} == {"errors", "kinds"}


def test_only_the_transport_touches_the_network() -> None:
    network = {"requests", "requests_cache", "urllib3", "http", "socket", "httpx", "aiohttp"}
    for path in MODULES:
        if room_of(path) not in {"transport", "sandbox"}:
            assert not {name.partition(".")[0] for name in names_in(path)} & network, path
