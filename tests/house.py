"""The figures of the house, read from its source: for the test of its limits, and printed by ``python -m tests``."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jobindsats_pandas"


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Everything in the tree, walked through once: that takes longer than to parse it."""
        return list(ast.walk(self.tree))

    @property
    def name(self) -> str:
        """Such as ``plotting.figures``; the package's own file is ``__init__``."""
        parts = self.path.relative_to(PACKAGE).with_suffix("").parts
        return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @cached_property
    def imported(self) -> set[str]:
        """The names of the package that it imports anywhere, in functions and for types too."""
        found = set()
        for node in self.nodes:
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}: relative import"
                inner = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES
                # Of a folder it may be one of its files that is meant, and not what the folder's own file hands on.
                found |= inner if len(inner) == len(node.names) else inner | {node.module or ""}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
        return {name.removeprefix(f"{PACKAGE.name}.") for name in found & NAMES}

    @property
    def functions(self) -> list[tuple[int, str]]:
        """How many lines each function has without its docstring, and what it is called."""
        found = []
        for outer in self.nodes:
            if not isinstance(outer, ast.stmt | ast.Module | ast.excepthandler | ast.match_case):
                continue  # functions stand among statements alone
            for node in ast.iter_child_nodes(outer):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    first = node.body[0]
                    told = ast.get_docstring(node) is not None
                    docstring = (first.end_lineno or 0) - first.lineno + 1 if told else 0
                    name = f"{outer.name}.{node.name}" if isinstance(outer, ast.ClassDef) else node.name
                    found.append(
                        ((node.end_lineno or 0) - node.lineno + 1 - docstring, f"{self.name}.{name}")
                    )
        return found


MODULES = [Module(path) for path in sorted(PACKAGE.rglob("*.py"))]
NAMES = {f"{PACKAGE.name}.{module.name}" for module in MODULES}


def repeated_docstrings() -> dict[str, list[str]]:
    """What of docstrings stands twice, and where: paragraphs and entries of three lines or more; examples may begin alike."""
    found: dict[str, list[str]] = {}
    for module in MODULES:
        for node in module.nodes:
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                for text in _pieces(ast.get_docstring(node) or ""):
                    if text.count("\n") >= 2 and ">>>" not in text:
                        found.setdefault(text, []).append(f"{module.name}.{getattr(node, 'name', '')}")
    return {text: places for text, places in found.items() if len(places) > 1}


def _pieces(docstring: str) -> Iterator[str]:
    """The paragraphs of a docstring; of a list of parameters, errors and the like each entry."""
    for paragraph in re.split(r"\n\s*\n", docstring):
        _, underlined, entries = paragraph.partition("---\n")
        yield from re.split(r"\n(?=\S)", entries) if underlined else [paragraph]


def circles() -> list[tuple[str, ...]]:
    """Files that import each other, by however many steps."""
    reached = {module.name: set(module.imported) for module in MODULES}
    while sum(_grow(name, reached) for name in reached):
        pass
    return sorted(
        {
            tuple(sorted(other for other in reached[name] if name in reached[other]))
            for name in reached
            if name in reached[name]
        }
    )


def _grow(name: str, reached: dict[str, set[str]]) -> bool:
    further = set(chain.from_iterable(reached[other] for other in reached[name])) - reached[name]
    reached[name] |= further
    return bool(further)


def figures() -> list[tuple[str, str]]:
    """What the next change sees."""
    import jobindsats_pandas as ji
    from jobindsats_pandas.accessor import FrameAccessor, SeriesAccessor

    alone = [module for module in MODULES if not module.name.startswith("sandbox")]
    largest = max(alone, key=lambda module: module.lines)
    longest = max(chain.from_iterable(module.functions for module in alone))
    on_frames, on_series = (
        sum(not name.startswith("_") for name in vars(accessor))
        for accessor in (FrameAccessor, SeriesAccessor)
    )
    return [
        ("lines without the sandbox", f"{sum(module.lines for module in alone):,} in {len(alone)} files"),
        ("lines of the sandbox", f"{sum(m.lines for m in MODULES if m not in alone):,}"),
        ("largest file", f"{largest.name}, {largest.lines} lines"),
        ("longest function", f"{longest[1]}, {longest[0]} lines without its docstring"),
        ("circles of files", f"{len(circles())}"),
        ("public names", f"{len(ji.__all__)}, {on_frames} on frames, {on_series} on series"),
    ]
