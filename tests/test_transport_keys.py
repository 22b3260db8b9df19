"""Names of cache entries."""

from __future__ import annotations

import re
from unicodedata import normalize
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.transport.keys import cache_key, endpoint_of, table_of

BASE = "https://api.jobindsats.dk/v3/data/y25i01"


@pytest.mark.parametrize(
    "group",
    [
        ["?a=1&b=2", "?b=2&a=1"],
        ["?mgroup.*=*", "?mgroup.%2A=%2A", "?mgroup.%2a=%2a"],
        [
            "?hierarchy._nykom=/5/,/11/",
            "?hierarchy._nykom=%2F5%2F%2C%2F11%2F",
            "?hierarchy._nykom=%2f5/,%2F11/",
        ],
        ["?period.M=latest:12", "?period.M=latest%3A12"],
        ["?a=æøå", "?a=%C3%A6%C3%B8%C3%A5", "?a=%c3%a6%c3%b8%c3%a5"],
        [
            "?a=" + normalize("NFC", "Århus"),
            "?a=" + normalize("NFD", "Århus"),
            "?a=" + quote(normalize("NFD", "Århus")),
        ],
        ["?a=b c", "?a=b%20c", "?a=b+c"],
    ],
)
def test_equal_questions_have_equal_keys(group):
    assert len({cache_key(BASE + query) for query in group}) == 1


def test_different_questions_have_different_keys():
    urls = [
        BASE,
        BASE + "?area=1",
        BASE + "?area=1&hier=",
        BASE + "?area=",
        BASE + "?area=1&area=1",
        BASE + "?area=1,2",
        BASE + "?area=1%262",
        BASE + "?Area=1",
        BASE.replace("y25i01", "y25i02") + "?area=1",
        BASE.replace("data", "table") + "?area=1",
        BASE.replace("https", "http") + "?area=1",
        BASE.replace("api.", "test.") + "?area=1",
    ]
    assert len({cache_key(url) for url in urls}) == len(urls)


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=5), st.randoms(use_true_random=False)
)
def test_neither_order_nor_encoding_of_parameters_changes_the_key(parameters, draw):
    pairs = list(parameters.items())
    plain = f"{BASE}?{urlencode(pairs)}"
    draw.shuffle(pairs)
    shuffled = f"{BASE}?{urlencode(pairs, quote_via=quote, safe='*/:,')}"
    assert cache_key(plain) == cache_key(shuffled)


@given(st.text(max_size=40))
def test_every_address_gives_a_plain_file_name(text):
    assert re.fullmatch(r"[a-z0-9_-]{1,100}", cache_key(f"{BASE}{text}"))


@pytest.mark.parametrize("table", ["y25i01", "ptv_a02", "otij01"])
@pytest.mark.parametrize("endpoint", ["data", "table"])
def test_keys_tell_their_table(endpoint, table):
    assert table_of(cache_key(f"https://api.jobindsats.dk/v3/{endpoint}/{table}?format=json")) == table


@pytest.mark.parametrize("endpoint", ["subjects", "tables"])
def test_keys_of_the_catalogue_belong_to_no_table(endpoint):
    assert endpoint_of(f"/v3/{endpoint}") == (endpoint, None)
    assert table_of(cache_key(f"https://api.jobindsats.dk/v3/{endpoint}?format=json")) is None
