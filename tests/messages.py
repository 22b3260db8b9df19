"""Every message that the package can raise or warn with, with an example, to be read in one sitting: `messages.txt`.

``python tests/messages.py`` prints the collection. ``python tests/messages.py --collect [TESTS …]`` runs tests, of all modules
by default, takes from them an example for each place of the package that has none, or whose words have changed, and writes
the collection anew; then it is read, and what makes one frown is mended. ``test_messages.py`` holds that it is complete.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jobindsats_pandas"
LISTING = Path(__file__).with_name("messages.txt")

#: What tests fill messages with to see them cut; another example is better.
_FILLER = "x" * 10
_FILLED = re.compile(r"(.)\1{9}")

#: Functions that give a warning.
_WARNING = {"notify", "_warn_once"}


@dataclass(frozen=True)
class Site:
    """A place that makes an error or a warning of the package's own.

    Attributes
    ----------
    name : str
        Module, function, and a number where that function has several.
    path : Path
    lines : range
    words : tuple of str
        What of its message stands in the source.
    """

    name: str
    path: Path
    lines: range
    words: tuple[str, ...]

    def made(self, message: str) -> bool:
        """Whether a message can be of this place: its words stand in it in their order."""
        start = 0
        for word in self.words:
            start = message.find(word, start)
            if start < 0:
                return False
            start += len(word)
        return True


@functools.cache
def sites() -> list[Site]:
    """Every place, in the order of the source."""
    import jobindsats_pandas as ji

    own = {*ji.errors.__all__, "BrokenAnswerError", *_WARNING}
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if "sandbox" not in path.parts:
            found += _sites_of(path, own)
    return found


def _sites_of(path: Path, own: set[str]) -> list[Site]:
    module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    functions: dict[str, list[ast.Call]] = {}
    for node, function in _in_functions(ast.parse(path.read_text(encoding="utf-8")), module):
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", None) in own:
            functions.setdefault(function, []).append(node)
    return [
        Site(
            f"{module}.{function}" + (f" {number}" if len(calls) > 1 else ""),
            path,
            range(call.lineno, (call.end_lineno or call.lineno) + 1),
            tuple(_words(call.args[0])),
        )
        for function, calls in functions.items()
        for number, call in enumerate(sorted(calls, key=lambda call: call.lineno), 1)
    ]


def _in_functions(tree: ast.AST, module: str) -> Iterator[tuple[ast.AST, str]]:
    """Everything in a tree as `ast.walk` gives it, with the name of the innermost function around it."""
    todo = deque([(tree, module)])
    while todo:
        outer, function = todo.popleft()
        for node in ast.iter_child_nodes(outer):
            yield node, function
            todo.append((node, node.name if isinstance(node, ast.FunctionDef) else function))


def _words(message: ast.expr) -> list[str]:
    """The texts between what is filled in, those long enough to tell one message from another."""
    if isinstance(message, ast.Constant) and isinstance(message.value, str):
        return [message.value]
    if isinstance(message, ast.JoinedStr):
        texts = [part.value for part in message.values if isinstance(part, ast.Constant)]
        return [text for text in map(str, texts) if len(text.strip()) > 3]
    return []


class Recorder:
    """Notes the first message that each place makes while tests run."""

    def __init__(self, wanted: list[Site]) -> None:
        self._lines = {(str(site.path), line): site for site in wanted for line in site.lines}
        self.messages: dict[str, str] = {}

    def listen(self) -> pytest.MonkeyPatch:
        """Listen to the errors and warnings of the package, until the patch is undone."""
        import jobindsats_pandas as ji

        patch = pytest.MonkeyPatch()
        for base in (ji.JobindsatsError, ji.JobindsatsWarning):
            patch.setattr(base, "__init__", self._noting(base.__init__))
        return patch

    def _noting(self, made: Any) -> Any:
        def init(error: Any, message: str = "", *details: Any, **named: Any) -> None:
            made(error, message, *details, **named)
            frame = sys._getframe(1)
            while frame is not None:
                site = self._lines.get((frame.f_code.co_filename, frame.f_lineno))
                if site is not None and site.made(str(message)):
                    told = f"{type(error).__name__}: {_anywhere(str(message))}"
                    if _FILLED.search(self.messages.get(site.name, _FILLER)):
                        self.messages[site.name] = told
                    return
                frame = frame.f_back

        return init


def _anywhere(text: str) -> str:
    """Put what is of one machine and run in the words of any."""
    text = re.sub(r"/[\w./-]*pytest-of-\w+/pytest-\d+/[^/\s'\"]+", "/home/anna", text)
    text = re.sub(r"/tmp/(?:tmp|jobindsats[-_])\w+(?:-\w+)?", "/home/anna", text)
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8025", text)


def read() -> dict[str, str]:
    """The collection: a message for each place."""
    text = LISTING.read_text(encoding="utf-8") if LISTING.exists() else ""
    entries = re.findall(r"^\[(.+)\]\n((?:(?!\[).*\n)*)", text, re.MULTILINE)
    return {name: re.sub(r"^  ", "", message.rstrip("\n"), flags=re.MULTILINE) for name, message in entries}


def write(messages: dict[str, str]) -> None:
    """Write the collection, in the order of the source."""
    parts = []
    for site in sites():
        if site.name in messages:
            told = "\n".join(f"  {line}" for line in messages[site.name].split("\n"))
            parts.append(f"[{site.name}]\n{told}\n")
    LISTING.write_text("\n".join(parts), encoding="utf-8")


def unknown(messages: dict[str, str]) -> list[Site]:
    """The places without an example, or with one that they no longer make."""
    return [one for one in sites() if not _is_known(one, messages)]


def _is_known(site: Site, messages: dict[str, str]) -> bool:
    return site.name in messages and site.made(messages[site.name])


def collect(tests: list[str]) -> None:
    """Run tests, and take from them what is not known."""
    messages = read()
    filled = [site for site in sites() if _FILLED.search(messages.get(site.name, ""))]
    recorder = Recorder([*unknown(messages), *filled])
    patch = recorder.listen()
    try:
        pytest.main(["-q", "-p", "no:cacheprovider", "-x", "--maxfail=1000", *tests])
    finally:
        patch.undo()
    write(
        {site.name: messages[site.name] for site in sites() if _is_known(site, messages)} | recorder.messages
    )
    messages = read()
    for site in unknown(messages):
        print(f"no example: {site.name} ({site.path.name}:{site.lines.start})")


if __name__ == "__main__":
    if "--collect" in sys.argv[1:]:
        collect([name for name in sys.argv[1:] if name != "--collect"] or [str(ROOT / "tests")])
    else:
        print(LISTING.read_text(encoding="utf-8"), end="")
