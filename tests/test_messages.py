"""The collection of messages is complete, each example is of its place, and says what to do next."""

from __future__ import annotations

import re

import messages

COLLECTED = messages.read()

#: What tells the next step, or shows what there is to choose from.
NEXT = re.compile(
    r"""\b(?:give|say|ask|name|leave|take|keep|read|use|look|rename|merge|copy|compare|raise|write|try|send|wait|install|put|
    compute|choose|call|bring|open|remove|move|draw|add|drop|set|make|update|run|pass|cut|show)\b
    |written\ as|runs\ from|filter|the\ kinds\ are|takes|wants|known\ are|needs|the\ first\ of|made\ of|another
    |pip\ install|lists\ them|did\ you\ mean|it\ has:|there\ are|finds|searches|report\(\)|keeps|\bwith\b|\w+\(|instead""",
    re.IGNORECASE | re.VERBOSE,
)


def test_every_place_that_makes_a_message_has_an_example_of_it_and_no_other_has() -> None:
    sites = messages.sites()
    assert {site.name for site in messages.unknown(COLLECTED)} == set(), (
        "python tests/messages.py --collect TESTS takes examples from the tests that reach these places"
    )
    assert set(COLLECTED) - {site.name for site in sites} == set()
    assert len(sites) > 150


#: Facts with which there is nothing to do.
FACTS = {
    "asked_periods._period_type 3",
    "exporting._rewrite",
    "key.forget_key 1",
    "plotting.figures._refuse_nothing",
    "transport.session.probe 2",
    "updating._is_due",
}


def test_an_example_says_what_to_do_next() -> None:
    silent = {}
    for name in sorted(set(COLLECTED) - FACTS):
        kind, _, message = COLLECTED[name].partition(": ")
        assert kind.endswith(("Error", "Warning")), name
        if kind in {"PayloadError", "BrokenAnswerError"}:
            continue  # of the API; `Transport.fetch` notes the next step on each
        if not NEXT.search(message):
            silent[name] = message
    assert silent == {}


#: Nothing of a machine: numbers of errors, addresses of objects, names of private things.
OF_A_MACHINE = re.compile(r"\[Errno|0x[0-9a-f]{6}|<jobindsats_pandas|/tmp/|Traceback")


def test_an_example_can_be_read_in_a_moment() -> None:
    assert {name: len(text) for name, text in COLLECTED.items() if len(text) >= 1200} == {}
    assert {name: text for name, text in COLLECTED.items() if OF_A_MACHINE.search(text)} == {}
    # What nobody holds on an index cannot be installed from there.
    assert [
        name for name, text in COLLECTED.items() if "pip install jobindsats" in text.replace("'", "")
    ] == []
