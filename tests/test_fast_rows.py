"""The fast path of reading rows gives what the slow one gives, or gives way to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.fast_rows import fast_rows
from jobindsats_pandas.rows import SMALL, plain_rows, read_rows


def outcome(read, body, label_count):
    """What a reader gives, in a form that compares: every name, code and bit of every number, or the error's text."""
    try:
        rows = read(body, label_count)
    except PayloadError as error:
        return str(error)
    if rows is None:
        return None
    labels = [(column.names, column.codes.tolist(), column.codes.dtype) for column in rows.labels]
    numbers = [([value.hex() for value in column.tolist()], column.dtype) for column in rows.numbers]
    return rows.columns, labels, numbers, rows.count


def same(body, label_count):
    """Where the fast path takes a body, it gives what the plain path gives."""
    fast = outcome(fast_rows, body, label_count)
    assert fast is None or fast == outcome(plain_rows, body, label_count)


def answer(rows, columns=("Periode", "Område", "Antal"), **extra):
    return json.dumps(
        {"columns": list(columns), "rows": rows, **extra}, ensure_ascii=False, separators=(",", ":")
    ).encode()


HOSTILE = [
    '"',
    "\\",
    '\\"',
    "],[",
    "[",
    "]",
    "],",
    ",[",
    ",",
    '","',
    "\n",
    "\r\n",
    "\t",
    "null",
    "",
    " ",
    "æøå",
    "1.",
    "+5",
    "05",
    ".5",
    "\x7f",
    "😀",
    "NaN",
    '"rows":[[',
    "]]",
    "\\u0041",
]
names = st.one_of(
    st.sampled_from(["Hele landet", "Odense", "2026M05", *HOSTILE]),
    st.text(max_size=4),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join),
)
ordinary_numbers = st.one_of(st.none(), st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6, allow_nan=False))
odd_cells = st.one_of(
    st.sampled_from(
        [
            "1.234.567,8",
            "12,5",
            "1.234",
            "-",
            ".",
            "..",
            "*",
            "x",
            True,
            False,
            10**20,
            2**53,
            2**53 - 1,
            -(2**53),
            -0.0,
            [],
            [1],
            {},
            10**400,
            float("inf"),
            float("nan"),
        ]
    ),
    names,
)
cells = st.one_of(ordinary_numbers, ordinary_numbers, odd_cells)


@st.composite
def bodies(draw):
    label_count, number_count = draw(st.integers(1, 3)), draw(st.integers(1, 2))
    width = label_count + number_count
    ordinary = draw(st.booleans())
    number = ordinary_numbers if ordinary else cells
    label = names if ordinary else st.one_of(names, names, st.sampled_from([None, 5, 2.5, True]))
    row = st.tuples(*[label] * label_count, *[number] * number_count).map(list)
    if not ordinary:
        row = st.one_of(
            row, row, row, row, st.lists(cells, max_size=width + 1), st.sampled_from([None, 5, {}])
        )
    rows = draw(st.lists(row, max_size=5))
    columns = draw(
        st.lists(names, min_size=width, max_size=width)
        if draw(st.booleans())
        else st.just([f"c{i}" for i in range(width)])
    )
    document = {"columns": columns, "rows": rows}
    if draw(st.integers(0, 4)) == 0:
        document["extra"] = draw(st.sampled_from([1, None, {"rows": [["a", 1]]}, "x", float("nan")]))
    if draw(st.booleans()):
        document = dict(reversed(document.items()))
    text = json.dumps(
        document,
        ensure_ascii=draw(st.booleans()),
        separators=draw(st.sampled_from([(",", ":"), (",", ":"), (",", ":"), (", ", ": ")])),
        indent=draw(st.sampled_from([None, None, None, 1])),
    )
    return text.encode("utf-8", "surrogatepass"), label_count


@settings(max_examples=300)
@given(bodies())
def test_both_paths_give_the_same_for_any_answer(case):
    same(*case)


PIECES = [
    piece.encode()
    for piece in (
        *'0.+-eE",[]{}:/* \\\n\r\t\0\x1fa',
        *("00", "],[", '],["', "[[", "]]", '"x"', "null", "nan", "inf", "1.5", "ø", '"rows":[['),
    )
] + [b"\xff"]


@st.composite
def damaged(draw):
    body, label_count = draw(bodies())
    start = draw(st.integers(0, len(body)))
    stop = min(len(body), start + draw(st.integers(0, 3)))
    return body[:start] + draw(st.sampled_from([b"", *PIECES])) + body[stop:], label_count


@settings(max_examples=400)
@given(damaged())
def test_both_paths_give_the_same_for_a_damaged_answer(case):
    same(*case)


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("instead_of", [0, 1])
def test_both_paths_give_the_same_whatever_is_put_wherever_into_an_answer(separators, instead_of):
    document = {"columns": ["P", "Q", "A"], "rows": [["a", "1.", 10], ["b,", "d", None]]}
    body = json.dumps(document, separators=separators).encode()
    for start in range(body.index(b'"rows"'), len(body) + 1):
        for piece in PIECES:
            same(body[:start] + piece + body[start + instead_of :], 2)


@settings(max_examples=300)
@given(st.lists(st.text(alphabet='0123456789.+-eEnulaNif "[],', max_size=6), min_size=1, max_size=3))
@example(["5", "05"])
def test_both_paths_give_the_same_for_any_spelling_of_a_number(numbers):
    rows = ",".join(f'["a",{number}]' for number in numbers)
    same(f'{{"columns":["Periode","Antal"],"rows":[{rows}]}}'.encode(), 1)


@pytest.mark.parametrize(
    "number",
    [
        "05",
        "-05",
        "00",
        "-00",
        ".5",
        "-.5",
        "5.",
        "-5.",
        "5.e3",
        "+5",
        "1e+5",
        "1E5",
        "1e05",
        "nan",
        "NaN",
        "-nan",
        "inf",
        "Infinity",
        "-Infinity",
        "1e400",
        "-1e400",
        " 5",
        "5 ",
        " -0 ",
        "-0",
        "-0.0",
        "0",
        "0.0",
        "-0.5",
        "null",
        " null",
        "true",
        "0x10",
        "1_0",
        "--5",
        "",
        "5 5",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "-9007199254740993",
        "1" * 30,
        "1" * 5000,
        "1e-400",
        "0.1",
        "123456.789012345678901234567890",
    ],
)
@pytest.mark.parametrize("label", ["a", "1.", "+5 05 .5"])
def test_both_paths_agree_on_each_spelling_of_a_number(number, label):
    same(f'{{"columns":["Periode","Antal"],"rows":[["{label}",{number}]]}}'.encode(), 1)
    same(
        f'{{"columns":["Periode","Antal"],"rows":[["{label}",3],["{label}",{number}],["b",4.5]]}}'.encode(), 1
    )


@settings(max_examples=100)
@given(bodies(), st.integers(1, 40), st.integers(1, 40))
def test_answers_read_piece_by_piece_are_the_same(case, piece, block):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jobindsats_pandas.fast_rows.PIECE", piece)
        patch.setattr("jobindsats_pandas.fast_rows.BLOCK", block)
        same(*case)


@pytest.mark.parametrize(("piece", "block"), [(1, 1), (1, 7), (30, 3), (60, 1000)])
def test_an_answer_in_many_pieces_takes_the_fast_path(monkeypatch, piece, block):
    monkeypatch.setattr("jobindsats_pandas.fast_rows.PIECE", piece)
    monkeypatch.setattr("jobindsats_pandas.fast_rows.BLOCK", block)
    areas = ["Ærø", "Odense", "inkl. løn", "00-04 år"]
    body = answer([[f"2026M{n % 12 + 1:02d}", areas[n % 3 + n % 2], n / 4] for n in range(20)])
    assert outcome(fast_rows, body, 2) == outcome(plain_rows, body, 2) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"5",
        b'"rows":[[',
        b'{"rows":[[]],"columns":["P","A"]}',
        b'{"columns":["P","A"],"rows":[]}',
        b'{"columns":["P","A"],"rows":[["a",1]]',
        b'{"columns":["P","A"],"rows":[["a",1]]}}',
        b'{"columns":["P","A"],"rows":[["a",1]],"rows":[]}',
        b'{"columns":["P","A"],"rows":[["a",1]],"rows":[["b",2]]}',
        b'{"columns":["P","A"],"columns":["P","B"],"rows":[["a",1]]}',
        b'{"columns":["P","A"],"columns":["P","B"]}',
        b'{"columns":["P","A"],"meta":{"rows":[["a",1]]}}',
        b'{"columns":["P","A"],"rows":{"rows":[["a",1]]}}',
        b'{"rows":[["a",1]],"columns":{"rows":[["a",1]]}}',
        b'[{"columns":["P","A"],"rows":[["a",1]]}]',
        b'[["columns",["P","A"]],{"rows":[["a",1]]}]',
        b'{"columns":["P","A"],"x\\"rows":[["a",1]]}',
        b'{"columns":["P",1],"rows":[["a",1]]}',
        b'{"columns":"PA","rows":[["a",1]]}',
        b'{"columns":["P"],"rows":[["a",1]]}',
        b'{"columns":["P","A","B"],"rows":[["a",1]]}',
        b'{"columns":["P","A","B"],"rows":[["a"1,2,3]]}',
        b'{"columns":["P","A"],"rows":[["a" ,1]]}',
        b'{"columns":["P","A"],"rows":[["a"]]}',
        b'{"columns":["P","A","B","C"],"rows":[["a",5,"5",1]]}',
        b'{"columns":["P","A","B","C"],"rows":[["a",null,"5",1]]}',
        b'{"columns":["P","A","B"],"rows":[["a","b"c,1]]}',
        b'{"columns":["P","A","B"],"rows":[["a","b",1],["a",5,"5"]]}',
        b'{"columns":["P","A"],"rows":[["a",]]}',
        b'{"columns":["P","A"],"rows":[["a",1],]}',
        b'{"columns":["P","A"],"rows":[["a",1],[]]}',
        b'{"columns":["P","A"],"rows":[["a",1]],[["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1]["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1],["b",2,3]]}',
        b'{"columns":["P","A"],"rows":[["a",1]],["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1]]["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1],[["b",2]]]}',
        b'{"columns":["P","A"],"rows":[["a",1],"b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1],["b",2],["c",3]],["d",4]]}',
        b'{"columns":["P","A"],"rows":[["a",1]x,["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1]null,["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1] null,["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1] ,["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1],x["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1],  ["b",2]]}',
        b'{"columns":["P","A"],"rows":[[ "a",1],[ "b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1]\n,["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1\n,["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1],[],["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",1],,["b",2]]}',
        b'{"columns":["P","A"],"rows":[["[a",1],["a]",2],["]",3]]}',
        b'{"columns":["P","A"],"rows":[["a"[,1],["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a",[1],["b",2]]}',
        b'{"columns":["P","A"],"rows":[["a,b",1],["c\x1fd",2]]}',
        b'{"columns":["P","A"],"rows":[[null,1]]}',
        b'{"columns":["P","A"],"rows":[["a",1],["\\u0061",2]]}',
        b'{"columns":["P","A"],"rows":[["\\x",1]]}',
        b'{"columns":["P","A"],"rows":[["\\ud800",1]]}',
        b'{"columns":["P","A"],"rows":[["\xed\xa0\x80",1]]}',
        b'{"columns":["P","A"],"rows":[["\xff",1]]}',
        b'{"columns":["P","A"],"rows":[["a\x00",1]]}',
        b'\xef\xbb\xbf{"columns":["P","A"],"rows":[["a",1]]}',
        b'{"columns":["P","A"],"rows":[["a",1]],"x":NaN}',
        b'{"columns":["P","A"],"rows":' + b"[" * 100_000,
        b'{"columns":["P","A"],"rows":[[1]],"x":' + b"[" * 100_000,
    ],
)
def test_both_paths_agree_on_answers_that_are_almost_right(body):
    same(body, 1)
    same(body, 2)


ORDINARY = [
    [["2026M05", "Hele landet", 107080]],
    [["2026M05", "Hele landet", None], ["2026M05", "Ærø", 12.5], ["2026M06", "Ærø", -3]],
    [["2026M05", "a],b [c] +5 .5 05 1.", 0], ["2026M05", "null", 0.25], ["2026M05", "", None]],
    [["2026M05", "back\\slash", 1]],
    [["2026M05", "Nytteindsats, stat", 1], ["2026M05", "1,5 år", None], ["2026M05", ",", 5]],
    [["2026M05", "],[", 1], ["2026M05", "], [", 2], ["2026M05", "[[]]", 3]],
    [[f"2026M{n % 12 + 1:02d}", f"Område {n}, med ] og , og æøå.", n / 8] for n in range(200)],
]


@pytest.mark.parametrize("rows", ORDINARY)
@pytest.mark.parametrize("ensure_ascii", [False, True])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("piece", [1 << 22, 1000, 64])
def test_an_ordinary_answer_takes_the_fast_path(rows, ensure_ascii, separators, piece, monkeypatch):
    monkeypatch.setattr("jobindsats_pandas.fast_rows.PIECE", piece)
    document = {"columns": ["Periode", "Område", "Antal"], "rows": rows}
    body = json.dumps(document, ensure_ascii=ensure_ascii, separators=separators).encode()
    assert outcome(fast_rows, body, 2) == outcome(plain_rows, body, 2) is not None


def test_a_row_too_long_for_arrow_takes_the_plain_path(monkeypatch):
    body = answer([["2026M05", "a" * 100, 1]])
    assert fast_rows(body, 2) is not None
    monkeypatch.setattr("jobindsats_pandas.fast_rows.LARGEST", 100)
    assert fast_rows(body, 2) is None


def test_two_spellings_of_a_name_are_one_name():
    body = '{"columns":["P","A"],"rows":[["ø",1],["\\u00f8",2],["o",3]]}'.encode()
    assert fast_rows(body, 1).labels[0].names == ("ø", "o")
    assert outcome(fast_rows, body, 1) == outcome(plain_rows, body, 1)


def test_only_a_large_answer_takes_the_fast_path(monkeypatch):
    def refuse(body, label_count):
        raise AssertionError(len(body))

    monkeypatch.setattr("jobindsats_pandas.rows.fast_rows", refuse)
    small = answer([["2026M05", "a", 1]])
    assert read_rows(small, 2).count == 1
    with pytest.raises(AssertionError):
        read_rows(small + b" " * SMALL, 2)


quotes_and_commas = st.lists(
    st.sampled_from(['"', '"', '"a"', '"a"', ",", ",", ",5", ",05", "],[", "[", "]", " ", "\\", ".", "null"]),
    max_size=9,
).map("".join)


@settings(max_examples=300)
@given(st.lists(quotes_and_commas, min_size=1, max_size=3))
@example([',00"'])
def test_both_paths_give_the_same_wherever_quotes_and_commas_stand(rows):
    same(f'{{"columns":["P","Q","A"],"rows":[["a"{"],[".join(rows)}]]}}'.encode(), 2)
    same(f'{{"columns":["P","Q","A"],"rows":[["a","b",1],["a"{"],[".join(rows)}]]}}'.encode(), 2)


@pytest.mark.parametrize("table", ["y01c01", "y01h01", "y01ud01di", "y25i01", "y25i06b"])
def test_recorded_answers_take_the_fast_path(recorded, table):
    document = json.loads((recorded / f"{table}.json").read_text("utf-8"))
    document = document.get("response", document)
    label_count = next(
        position for position, cell in enumerate(document["rows"][0]) if not isinstance(cell, str)
    )
    body = answer(document["rows"], document["columns"])
    assert outcome(fast_rows, body, label_count) == outcome(plain_rows, body, label_count) is not None


def test_the_codes_and_numbers_may_be_written_to_or_kept_without_the_body():
    rows = fast_rows(answer([["2026M05", "Ærø", 3], ["2026M06", "Odense", -0.0]]), 2)
    rows.labels[0].codes[0] = 1
    rows.numbers[0][0] = 4
    assert rows.numbers[0].tolist() == [4, 0]
    assert not np.signbit(rows.numbers[0]).any()
    assert rows.labels[1].names == ("Ærø", "Odense")
    assert rows.labels[1].codes.dtype == np.int32


FORKED = """
import os, warnings
from jobindsats_pandas.fast_rows import fast_rows
warnings.simplefilter("ignore")  # that threads and forks do not go together, which is what is tried
body = b'{"columns":["P","A"],"rows":[' + b",".join(b'["a",%d]' % n for n in range(50_000)) + b"]}"
assert fast_rows(body, 1).count == 50_000
for _ in range(5):
    child = os.fork()
    if child == 0:
        os._exit(int(fast_rows(body, 1).count == 50_000) + 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_reads_though_arrows_threads_stayed_behind():
    subprocess.run([sys.executable, "-c", FORKED], check=True, timeout=60)
