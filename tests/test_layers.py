"""The house: a module imports only from lower floors, lazy imports included.

What two neighbours need goes one floor down.
"""

from __future__ import annotations

import ast

from house import MODULES, ROOT, Module, circles, repeated_docstrings

FLOORS = [
    {"errors", "patterns"},
    {"arguments", "fast_rows", "kinds", "matching", "notices", "periods", "sandbox", "showing"},
    {"area_codes", "documents", "files", "grids", "searching"},
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
    {"areas", "audit", "exports", "joining", "layouts", "parquet", "plotting", "revisions", "totals"},
    {"accessor"},
    {"releases"},
    {"readers"},
    {"exporting", "triangles"},
    {"updating"},
    {"__init__"},
    {"command_line"},
    {"__main__"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 800, 60


def room_of(module: Module) -> str:
    return module.name.partition(".")[0]


def rooms_of(module: Module) -> set[str]:
    return {name.partition(".")[0] for name in module.imported}


def test_a_module_imports_only_from_lower_floors() -> None:
    assert {room_of(module) for module in MODULES} == FLOOR.keys()
    upwards = {
        module.name: {
            other for other in rooms_of(module) - {room_of(module)} if FLOOR[other] >= FLOOR[room_of(module)]
        }
        for module in MODULES
    }
    assert {name: others for name, others in upwards.items() if others} == {}


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles() == []


def test_files_and_functions_stay_short() -> None:
    assert {module.name: module.lines for module in MODULES if module.lines > MOST_LINES} == {}
    long = {
        name for module in MODULES for lines, name in module.functions if lines > MOST_LINES_OF_A_FUNCTION
    }
    assert long == set()


def test_the_first_line_of_each_file_says_what_it_is_about() -> None:
    files = [
        file
        for place in ("jobindsats_pandas", "tests", "benchmarks", "docs")
        for file in (ROOT / place).rglob("*.py")
    ]
    assert len(files) > 200
    silent = [file for file in files if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))]
    assert silent == []


def test_what_a_docstring_tells_stands_once() -> None:
    assert repeated_docstrings() == {}


def test_the_sandbox_imports_nothing_of_the_package() -> None:
    for module in MODULES:
        if room_of(module) == "sandbox":
            assert rooms_of(module) <= {"sandbox"}


def test_only_the_transport_touches_the_network() -> None:
    network = {"requests", "requests_cache", "urllib3", "http", "socket", "httpx", "aiohttp"}
    for module in MODULES:
        if room_of(module) not in {"transport", "sandbox"}:
            names = {
                alias.name for node in module.nodes if isinstance(node, ast.Import) for alias in node.names
            }
            names |= {node.module or "" for node in module.nodes if isinstance(node, ast.ImportFrom)}
            assert not {name.partition(".")[0] for name in names} & network, module.name
