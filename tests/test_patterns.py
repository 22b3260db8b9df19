"""Regular expressions that are compiled at their first use."""

from __future__ import annotations

import re

import pytest

from jobindsats_pandas import asked_periods, kinds
from jobindsats_pandas.patterns import compiled_later


def test_nothing_is_compiled_before_it_is_asked_and_then_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    compile_now = re.compile
    monkeypatch.setattr(re, "compile", lambda *pattern: compiled.append(pattern) or compile_now(*pattern))
    pattern = compiled_later("(a+)b", re.IGNORECASE)
    assert pattern.pattern == "(a+)b"
    assert not compiled
    for text in ("xAAB", "ab"):
        assert pattern.search(text)[1].lower() == text.lower().strip("xb")
    assert compiled == [("(a+)b", re.IGNORECASE)]


def test_it_does_what_a_compiled_pattern_does() -> None:
    later, now = compiled_later(", ?"), re.compile(", ?")
    text = "a, b,c"
    assert later.split(text) == now.split(text)
    assert later.sub("; ", text) == now.sub("; ", text)
    assert later.findall(text) == now.findall(text)
    assert later.fullmatch(text) is later.match(text) is None
    with pytest.raises(AttributeError):
        later.nothing  # noqa: B018


@pytest.mark.parametrize("module", [kinds, asked_periods], ids=lambda module: module.__name__)
def test_every_pattern_of_the_package_can_be_compiled(module: object) -> None:
    held = [list(value.values()) if isinstance(value, dict) else value for value in vars(module).values()]
    held = [one for value in held for one in (value if isinstance(value, list | tuple) else [value])]
    patterns = [one for one in held if isinstance(one, type(compiled_later("")))]
    assert len(patterns) > 10
    for pattern in patterns:
        pattern.search("")
