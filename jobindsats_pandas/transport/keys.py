"""Names of cache entries: readable by table, equal for equal questions."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from unicodedata import normalize
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from requests import PreparedRequest

DIGITS = 32
"""At the end of a key, behind what can be read in it."""


@lru_cache(maxsize=1024)
def cache_key(url: str) -> str:
    """Name the answer to a GET request.

    The order and encoding of parameters do not matter; blank values do. Who asks does not matter either: the
    data are open, and a cache belongs to one user of the machine.

    Examples
    --------
    >>> cache_key("https://api.jobindsats.dk/v3/data/y30r21?format=json")
    'data-y30r21_...'
    >>> cache_key("https://x.dk/a?b=%2F&c=") == cache_key("https://x.dk/a?c=&b=/")
    True
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    query = sorted(parse_qsl(parts.query, keep_blank_values=True))
    canonical = normalize(
        "NFC", json.dumps([1, parts.scheme, parts.netloc.lower(), path, query], ensure_ascii=False)
    )
    endpoint, table = endpoint_of(path)
    readable = re.sub("[^a-z0-9_-]", "", f"{endpoint}-{table}" if table else endpoint)[:60]
    return f"{readable}_{sha256(canonical.encode('utf-8', 'surrogatepass')).hexdigest()[:DIGITS]}"


def request_key(request: PreparedRequest, **_: Any) -> str:
    """Name a request's answer; the shape requests-cache wants of a key function."""
    return cache_key(str(request.url))


def endpoint_of(path: str) -> tuple[str, str | None]:
    """Endpoint and table of a URL's path.

    Examples
    --------
    >>> endpoint_of("/v3/data/y25i01"), endpoint_of("/v3/subjects")
    (('data', 'y25i01'), ('subjects', None))
    """
    *_, parent, last = ["", "", *path.rstrip("/").split("/")]
    return (parent, last) if parent in {"data", "table"} else (last, None)


def table_of(key: str) -> str | None:
    """Table whose answer a key names, or None.

    Examples
    --------
    >>> table_of(cache_key("https://api.jobindsats.dk/v3/data/ptv_a02"))
    'ptv_a02'
    """
    return key.rpartition("_")[0].partition("-")[2] or None
