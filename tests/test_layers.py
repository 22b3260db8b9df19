"""The house: a module imports only from lower floors, lazy imports included."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jobindsats_pandas

PACKAGE = Path(jobindsats_pandas.__file__).parent
FLOORS = [
    {"errors"},
    {"arguments", "fast_rows", "kinds", "matching", "notices", "periods", "sandbox"},
    {"documents", "files", "searching"},
    {"disclosure", "metadata", "rows", "row_columns", "transport"},
    {"asked_periods", "catalogue", "forms"},
    {"queries"},
    {"answers"},
    {"judging"},
    {"decoding", "gathering"},
    {"asking"},
    {"client"},
    {"key"},
    {"doctor"},
    {"parquet", "totals", "audit", "revisions", "plotting", "areas", "exports"},
    {"readers", "accessor"},
    {"__init__"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Rooms of the package that a module imports anywhere, in functions and for types too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [node.module or ""] + [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            head, _, tail = name.partition(".")
            if head == "jobindsats_pandas" and tail.split(".")[0] in FLOOR:
                found.add(tail.split(".")[0])
    return found


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


def test_only_the_transport_touches_the_network() -> None:
    network = {"requests", "requests_cache", "urllib3", "http", "socket", "httpx", "aiohttp"}
    for path in MODULES:
        if room_of(path) not in {"transport", "sandbox"}:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            modules = {
                alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
            }
            modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            assert not {name.partition(".")[0] for name in modules} & network, path
