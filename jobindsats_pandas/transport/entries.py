"""One cached answer as bytes: a line of JSON that tells what follows, then the body, compressed.

The body is kept as the bytes that came, so a hit costs a digest and a decompression, no parsing. The digest is
ours because zstd, as pyarrow writes it, has none: damage would come out as other numbers. It is one of the compressed
bytes: those are what a disk can damage, and a tenth of the body.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

import pyarrow as pa
from requests.structures import CaseInsensitiveDict
from requests_cache.models.request import CachedRequest
from requests_cache.models.response import CachedResponse

FORMAT = 2
EDITION = "Jobindsats-Edition"
"""The update of a table that an answer belongs to; a header of our own, never sent."""
LONGEST_HEADER = 16_384  # bytes; the longest URL has 2,000 characters


class DamagedEntryError(Exception):
    """The bytes are not those that were written."""


@dataclass(frozen=True)
class Header:
    """What is known of an answer without reading its body."""

    url: str
    fetched_at: datetime
    expires: datetime
    content_type: str
    edition: str
    length: int
    sha256: str

    def to_line(self) -> bytes:
        """Write the header as one line of JSON, with its own checksum."""
        fields = asdict(self) | {
            "fetched_at": self.fetched_at.isoformat(),
            "expires": self.expires.isoformat(),
        }
        return json.dumps({"format": FORMAT, "crc32": _checksum(fields), **fields}).encode() + b"\n"

    @staticmethod
    def from_line(line: bytes) -> Header | None:
        """Read a header; None if it is of another format.

        Raises
        ------
        DamagedEntryError
            If it is not what `to_line` wrote.
        """
        return _header(line)


@lru_cache(maxsize=512)  # of one answer it is read several times: to choose, to decide, and for its columns
def _header(line: bytes) -> Header | None:
    try:
        fields = json.loads(line.decode())
        if fields.pop("format") != FORMAT:
            return None
        if fields.pop("crc32") != _checksum(fields):
            raise DamagedEntryError
        moments = {name: datetime.fromisoformat(fields[name]) for name in ("fetched_at", "expires")}
        return Header(**fields | moments)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DamagedEntryError from None


def _checksum(fields: dict[str, object]) -> int:
    return zlib.crc32(json.dumps(fields, sort_keys=True).encode())


def pack(response: CachedResponse) -> bytes:
    """Write an answer as the bytes of its file: nothing but the header's fields and the body."""
    if response.created_at is None or response.expires is None:
        raise ValueError("an answer without its times is not stored")
    body = response.content
    compressed = bytes(pa.compress(body, codec="zstd", asbytes=True))
    header = Header(
        url=response.url,
        fetched_at=response.created_at,
        expires=response.expires,
        content_type=response.headers.get("Content-Type", ""),
        edition=response.headers.get(EDITION, ""),
        length=len(body),
        sha256=sha256(compressed).hexdigest(),
    )
    return header.to_line() + compressed


def contents(data: bytes) -> tuple[Header, bytes] | None:
    """Read header and body from the bytes of a file; None if they are of another format.

    Raises
    ------
    DamagedEntryError
        If anything differs from what was written.
    """
    line, newline, compressed = data.partition(b"\n")
    header = Header.from_line(line)
    if header is None:
        return None
    if not newline or sha256(compressed).hexdigest() != header.sha256:
        raise DamagedEntryError
    try:
        body = bytes(pa.decompress(compressed, decompressed_size=header.length, codec="zstd", asbytes=True))
    except (OSError, ValueError, TypeError, OverflowError, MemoryError, SystemError, pa.ArrowException):
        raise DamagedEntryError from None
    return header, body


def stored_response(
    url: str, body: bytes, fetched_at: datetime, expires: datetime, content_type: str, edition: str = ""
) -> CachedResponse:
    """Make the answer that is stored: a new object, so that nothing of the request can travel with it."""
    return CachedResponse(
        content=body,
        created_at=fetched_at,
        expires=expires,
        headers=CaseInsensitiveDict({"Content-Type": content_type, EDITION: edition}),
        request=CachedRequest(method="GET", url=url),
        status_code=200,
        url=url,
    )
