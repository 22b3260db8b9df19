"""JSON as the API may send it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.catalogue import parse_subjects, parse_tables
from jobindsats_pandas.documents import parse_json
from jobindsats_pandas.errors import BrokenAnswerError, PayloadError
from jobindsats_pandas.metadata import parse_table
from jobindsats_pandas.rows import plain_rows

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_any_document_is_read_as_it_was_written(document):
    assert parse_json(json.dumps(document).encode()) == document


@given(DOCUMENTS, st.data())
def test_no_document_that_was_cut_is_read(document, data):
    body = json.dumps([document]).encode()
    with pytest.raises(BrokenAnswerError):
        parse_json(body[: data.draw(st.integers(0, len(body) - 1))])


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[NaN]", b"[Infinity]", b"[" * 100_000, b"[1]]"])
def test_what_is_no_document_is_broken(body):
    with pytest.raises(BrokenAnswerError):
        parse_json(body)


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 1}', b'[{"b": {"\\u0061": 1, "a": 2}}]'])
def test_a_name_given_twice_is_an_answer_that_makes_no_sense(body):
    with pytest.raises(PayloadError, match="names 'a' twice") as caught:
        parse_json(body)
    assert not isinstance(caught.value, BrokenAnswerError)


@pytest.mark.parametrize("parse", [parse_subjects, parse_tables, parse_table])
def test_a_document_that_makes_no_sense_is_named(parse):
    with pytest.raises(PayloadError, match=r"^[A-Z].*: .*names 'subject_id' twice") as caught:
        parse(b'[{"subject_id": 1, "subject_id": 2}]')
    assert not isinstance(caught.value, BrokenAnswerError)


@pytest.mark.parametrize(
    ("parse", "bodies"),
    [
        (parse_table, [b"", b"[]", b"{}", b"null", b'{"message": "starting"}', b'{"table_id": "x"']),
        (parse_tables, [b"", b"[]", b"{}", b"[1]", b"null", b'{"cause": "no"}']),
        (parse_subjects, [b"", b"[]", b"{}", b"[1]", b"null", b"3"]),
        (
            lambda body: plain_rows(body, 1),
            [b"", b"[]", b"{}", b'{"rows": []}', b'{"columns": ["P"]}', b'{"columns": 3, "rows": "none"}'],
        ),
    ],
)
def test_what_is_no_answer_of_its_endpoint_is_worth_another_try(parse, bodies):
    for body in bodies:
        with pytest.raises(BrokenAnswerError):
            parse(body)
