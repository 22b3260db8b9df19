"""The rows of an answer in any JSON of the documented form, and what is no answer."""

from __future__ import annotations

import json

import numpy as np
import pytest

from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.rows import plain_rows, read_rows


def answer(*cells, columns=("Periode", "Antal")):
    rows = [[f"2026M{number:02d}", cell] for number, cell in enumerate(cells, start=1)]
    return json.dumps({"columns": columns, "rows": rows}).encode()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234.567,8", 1234567.8),
        ("1.234.567", 1234567),
        ("12.345.678.901", 12345678901),
        ("1.234,5", 1234.5),
        ("12,5", 12.5),
        ("-12,5", -12.5),
        ("+7", 7),
        ("1234567", 1234567),
        ("0", 0),
        ("-0", 0),
        ("0,234", 0.234),
        ("1234,567", 1234.567),
        ("1\u00a0234", 1234),
        ("1\u202f234\u202f567,25", 1234567.25),
        (" 12,5 ", 12.5),
        ("\u00a05", 5),
    ],
)
def test_a_number_as_text_is_read_as_danish(text, number):
    (values,) = read_rows(answer(1, text), 1).numbers
    assert values.tolist() == [1, number]
    assert not np.signbit(values[1]) or number < 0


@pytest.mark.parametrize("mark", ["-", ".", "..", "*", " .. ", None])
def test_marks_of_a_missing_cell_are_missing(mark):
    (values,) = read_rows(answer(1, mark, "2"), 1).numbers
    assert values[0] == 1
    assert np.isnan(values[1])
    assert values[2] == 2


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12.5", 12.5),
        ("-0.5", -0.5),
        ("100.0", 100),
        ("0.125", 0.125),
        ("1234.567", 1234.567),
        ("3.1416", 3.1416),
    ],
)
def test_a_point_that_cannot_be_one_of_thousands_is_one_of_decimals(text, number):
    assert read_rows(answer(1, text), 1).numbers[0].tolist() == [1, number]


@pytest.mark.parametrize("text", ["1.234", "-1.234", "123.456", "1,234", "+12,345"])
def test_a_point_or_comma_that_may_be_either_is_refused(text):
    with pytest.raises(PayloadError, match=r"Row 2, column 'Antal' .* can be read in two ways"):
        read_rows(answer(1, text), 1)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        " ",
        "x",
        "12,5 %",
        "1 234",
        "1.23.456",
        "1.234.56",
        "1234.567,8",
        "1.234\u00a0567",
        "1,2,3",
        ",5",
        "5,",
        "1e5",
        "nan",
        "...",
        "--",
        "−5",
        "٣",
        "0x1",
        True,
        False,
        [1],
        {"a": 1},
        "null",
    ],
)
def test_anything_else_is_refused_with_row_and_column_and_never_missing(cell):
    with pytest.raises(PayloadError, match=r"Row 2, column 'Antal' of the answer: .* is not a number"):
        read_rows(answer(1, cell), 1)


@pytest.mark.parametrize("cell", [2**53, -(2**53), 10**400, 1e300, "9" * 20, "9" * 400])
def test_a_number_too_large_to_be_exact_is_refused(cell):
    with pytest.raises(PayloadError, match=r"Row 3, column 'Antal' .* too large to be exact"):
        read_rows(answer(1, None, cell), 1)
    assert read_rows(answer(2**53 - 1), 1).numbers[0][0] == 2**53 - 1


@pytest.mark.parametrize("name", [None, 2.5, True, ["a"], {}])
def test_a_name_that_is_none_is_refused_with_row_and_column(name):
    body = json.dumps({"columns": ["Periode", "Antal"], "rows": [["2026M01", 1], [name, 2]]}).encode()
    with pytest.raises(PayloadError, match=r"Row 2, column 'Periode' of the answer: .* is not a name"):
        read_rows(body, 1)


def test_a_whole_number_is_a_name():
    body = b'{"columns": ["P", "A"], "rows": [[2024, 1], ["2024", 2]]}'
    (labels,) = read_rows(body, 1).labels
    assert (labels.names, labels.codes.tolist()) == (("2024",), [0, 0])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b'{"columns": ["P", "A"], "rows": [["a", 1]', "is not JSON"),
        (b'{"columns": ["P", "A"], "rows": [["a", NaN]]}', "is not JSON: NaN is not a number"),
        (b'{"columns": ["P", "A"], "rows": [["a", -Infinity]]}', "is not JSON: -Infinity is not a number"),
        (b"\xff\xfe\xfa", "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b"[]", "no lists 'columns' and 'rows'"),
        (b'{"code": 422, "cause": "x"}', "no lists 'columns' and 'rows'"),
        (b'{"columns": {}, "rows": []}', "no lists 'columns' and 'rows'"),
        (b'{"columns": ["P", "A"], "rows": {}}', "no lists 'columns' and 'rows'"),
        (b'{"columns": ["P", 1], "rows": []}', "columns are not all names"),
        (b'{"columns": ["P"], "rows": []}', "and measures, were expected"),
        (b'{"columns": ["P", "A"], "rows": [["a", 1], ["b"]]}', "Row 2 of the answer is"),
        (b'{"columns": ["P", "A"], "rows": [["a", 1], null]}', "Row 2 of the answer is None"),
        (b'{"columns": ["P", "A"], "rows": [[]]}', "Row 1 of the answer is"),
    ],
)
def test_an_answer_of_another_form_is_refused_with_what_is_wrong(body, message):
    with pytest.raises(PayloadError, match=message):
        read_rows(body, 1)


@pytest.mark.parametrize(
    "beside",
    [
        {"next": "/v3/data/x01?page=2"},
        {"@odata.nextLink": "https://api.jobindsats.dk/v3/data/x01?$skip=2"},
        {"has_more": True},
        {"truncated": "true"},
        {"total_rows": "3"},
        {"totalCount": 3},
        {"count": 1000},
        {"pages": 2},
        {"meta": {"page": 1, "pageSize": 2, "total_pages": 4}},
        {"links": [{"rel": "self", "href": "a"}, {"rel": "next", "href": "b"}]},
        {"error": "Timeout in the database"},
        {"code": 500, "cause": "Timeout"},
    ],
)
def test_an_answer_that_tells_of_more_rows_than_it_holds_or_of_a_fault_is_refused(
    beside,
):
    body = json.dumps({**json.loads(answer(1, 2)), **beside}).encode()
    with pytest.raises(PayloadError, match=r"has 2 rows and says .*: it may be no more than a part"):
        read_rows(body, 1)


@pytest.mark.parametrize(
    "beside",
    [
        {"request_id": "a", "update_next": "2026-12-16", "next_update": "2026-12-16", "table_id": "x01"},
        {
            "error": None,
            "errors": [],
            "cause": "",
            "next": None,
            "has_more": False,
            "truncated": "false",
            "previous": "x",
        },
        {"total_rows": 2, "count": 2, "pages": 1, "page": 1, "page_size": 1000, "limit": 1000},
        {"total": 107080.5, "totals": [1, 2], "rows_per_page": 100},
        {"meta": {"count": 2, "next": ""}, "links": [{"rel": "next", "href": None}]},
    ],
)
def test_what_else_stands_beside_the_rows_is_passed_over(beside):
    body = json.dumps({**beside, **json.loads(answer(1, 2))}).encode()
    assert read_rows(body, 1).count == 2


def test_what_came_instead_of_rows_is_told():
    with pytest.raises(PayloadError, match=r"it holds \{'code': 422, 'cause': 'Unknown hier"):
        read_rows(b'{"code": 422, "cause": "Unknown hierarchies", "request_id": "r"}', 1)


def test_an_answer_without_rows_has_columns_all_the_same():
    rows = plain_rows(b'{"columns": ["P", "A", "B"], "rows": []}', 1)
    assert rows.columns == ("P", "A", "B")
    assert rows.count == 0
    assert [column.size for column in rows.numbers] == [0, 0]


def test_messages_stay_short_whatever_the_answer_holds():
    body = json.dumps({"columns": ["P", "A"], "rows": [["a", "x" * 10_000]]}).encode()
    with pytest.raises(PayloadError) as caught:
        read_rows(body, 1)
    assert len(str(caught.value)) < 300
