"""The cache on disk: one file per answer, and one for the columns that are made from a large one, without locks.

A file is written beside its place and moved there in one step, so that readers see the old answer or the new
one, whoever is killed in between. Whatever is wrong with the disk, the data still arrive: reading becomes a
miss, writing is left out, and one warning says why.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import time
from dataclasses import replace as changed
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from requests_cache.backends.base import BaseCache, BaseStorage
from requests_cache.models.response import CachedResponse

from jobindsats_pandas.errors import CacheWarning
from jobindsats_pandas.files import READING, TEMPORARY, Directory, DistrustError
from jobindsats_pandas.notices import notify
from jobindsats_pandas.transport.entries import (
    FORMAT,
    LONGEST_HEADER,
    DamagedEntryError,
    Header,
    contents,
    pack,
    stored_response,
)
from jobindsats_pandas.transport.keys import DIGITS, cache_key
from jobindsats_pandas.transport.parsing import current_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from requests import Response

    from jobindsats_pandas.transport.parsing import Parser

SUFFIX, COLUMNS = ".answer", ".columns"
LARGEST_COLUMNS = 2**32
NAME_END = -len("_" + DIGITS * "0" + SUFFIX)
ORPHAN_AGE = 3600.0  # seconds after which a temporary file is nobody's any more
WRITES_BETWEEN_PRUNINGS = 50
GLANCE = 2_000
"""Files of a directory that are looked at in the time that a few searches take."""
START = f'{{"format": {FORMAT}, '.encode()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")

LISTED = pa.schema(
    [
        ("url", pa.string()),
        ("fetched_at", pa.timestamp("us", "UTC")),
        ("expires", pa.timestamp("us", "UTC")),
    ]
)


class DiskStorage(BaseStorage[str, CachedResponse]):
    """Answers by key, as files of one directory; requests-cache's storage interface.

    A file bears the time at which its answer was fetched.

    Parameters
    ----------
    directory : Directory
    max_bytes : int or None
        Above this, the answers fetched longest ago are removed; None for no limit.
    """

    def __init__(self, directory: Directory, max_bytes: int | None = None) -> None:
        super().__init__()
        self.files = directory
        self.max_bytes = max_bytes
        # Counters, since next() is one step even between threads: no lock that an interrupt could leave held.
        self._writes = itertools.count()
        self._problems = itertools.count()

    @property
    def directory(self) -> Path:
        """Where the answers lie."""
        return self.files.path

    def path(self, key: str) -> Path:
        """File of a key, there or not."""
        return self.directory / f"{key}{SUFFIX}"

    def __getitem__(self, key: str) -> CachedResponse:
        found = self._or_warn(key, self._contents)
        if found is None:
            raise KeyError(key)
        header, body = found
        response = stored_response(
            header.url, body, header.fetched_at, header.expires, header.content_type, header.edition
        )
        response.cache_key = key
        return response

    def _contents(self, key: str) -> tuple[Header, bytes] | None:
        read = self._read(f"{key}{SUFFIX}")
        found = None if read is None else contents(read[1])
        if found is not None:
            _check_key(key, found[0].url)
        return found

    def look(self, key: str) -> Header | None:
        """What is known of an answer without reading its body, as `header`, but with a warning of what is wrong."""
        return self._or_warn(key, self._header)

    def _header(self, key: str) -> Header | None:
        with self.files.open(f"{key}{SUFFIX}") as file:
            header = Header.from_line(file.readline(LONGEST_HEADER))
        if header is not None:
            _check_key(key, header.url)
        return header

    def _or_warn(self, key: str, read: Callable[[str], T | None]) -> T | None:
        try:
            return read(key)
        except FileNotFoundError:
            pass
        except DistrustError as error:
            self._warn_of_others(error)
        except OSError as error:
            self._warn(f"The cache in {self.directory} cannot be read ({error.strerror})")
        except (DamagedEntryError, MemoryError):
            self._warn(f"An entry of the cache in {self.directory} is damaged ({key}{SUFFIX})")
        return None

    def parsed(self, key: str, header: Header, parser: Parser[T]) -> tuple[T, Header] | None:
        """What is made of an answer, from its columns if they are there, and what is known of it; None if it is not whole.

        Raises
        ------
        PayloadError
            From the parser.
        """
        columns = self._columns(key, header, parser.version) if parser.version else None
        value = None if columns is None else parser.load(columns)
        if value is not None:
            return value, header
        found = self._or_warn(key, self._contents)
        if found is None:
            return None
        header, body = found
        value = parser.parse(body)
        self.keep_columns(key, parser, value)
        return value, header

    def _columns(self, key: str, header: Header, version: str) -> memoryview | None:
        """Bytes of the columns of exactly this answer and version; None for any others."""
        with contextlib.suppress(OSError, ValueError, RecursionError, MemoryError):
            data = self.files.read(f"{key}{COLUMNS}", LARGEST_COLUMNS)
            end = data.index(b"\n")
            columns = memoryview(data)[end + 1 :]
            if json.loads(data[:end]) == _columns_header(header, version, columns):
                return columns
        return None

    def keep_columns(self, key: str, parser: Parser[T], value: T) -> None:
        """Write columns beside an answer, if the parser has any; quiet where the disk refuses, for they are made again."""
        columns = parser.dump(value)
        header = None if columns is None else self.header(key)
        if columns is not None and header is not None:
            line = json.dumps(_columns_header(header, parser.version, columns)).encode()
            with contextlib.suppress(OSError):
                self.files.replace(f"{key}{COLUMNS}", line + b"\n" + columns)

    def _read(self, name: str) -> tuple[Header, bytes, int] | None:
        """Header, all bytes, and time in nanoseconds of a file; None if it is of another format."""
        with self.files.open(name) as file:
            line = file.readline(LONGEST_HEADER)
            header = Header.from_line(line)
            if header is None:
                return None
            # Compressed bytes are hardly more than the body's: a file that was blown up is not read.
            status = os.fstat(file.fileno())
            if status.st_size > len(line) + header.length + header.length // 100 + 1024:
                raise DamagedEntryError
            file.seek(0)
            return header, file.read(), status.st_mtime_ns

    def __setitem__(self, key: str, response: CachedResponse) -> None:
        data = pack(response)
        fetched = (response.created_at - EPOCH) // timedelta(microseconds=1) * 1000
        try:
            self.files.replace(f"{key}{SUFFIX}", data, modified=fetched)
            if next(self._writes) % WRITES_BETWEEN_PRUNINGS == 0:
                self.prune()
        except DistrustError as error:
            self._warn_of_others(error)
        except OSError as error:
            self._warn(f"The cache in {self.directory} cannot be written ({error.strerror})")

    def header(self, key: str) -> Header | None:
        """What is known of an answer without reading its body; None where there is none that can be read."""
        try:
            return self._header(key)
        except (OSError, DamagedEntryError):
            return None

    def has_file(self, key: str) -> bool:
        """Whether there is anything under a key, readable or not."""
        return os.path.lexists(self.path(key))

    def holds(self, prefix: str) -> bool:
        """Whether an answer's key may begin so; in a directory of many files, each of which would be looked at, yes."""
        try:
            with os.scandir(self.directory) as entries:
                names = [entry.name for entry in itertools.islice(entries, GLANCE)]
        except OSError:
            return False
        return len(names) == GLANCE or any(name.startswith(prefix) for name in names)

    def expire(self, key: str, moment: datetime) -> None:
        """Set anew when an answer expires; quiet where there is none, or the disk refuses."""
        name = f"{key}{SUFFIX}"
        with contextlib.suppress(OSError, DamagedEntryError, MemoryError):
            found = self._read(name)
            if found is not None:
                header, data, modified = found
                line = changed(header, expires=moment).to_line()
                self.files.replace(name, line + data.partition(b"\n")[2], modified=modified)

    def __delitem__(self, key: str) -> None:
        with contextlib.suppress(OSError):
            (self.directory / f"{key}{COLUMNS}").unlink()
        try:
            self.path(key).unlink()
        except OSError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        for entry in self.files.scan():
            if entry.name.endswith(SUFFIX):
                yield entry.name.removesuffix(SUFFIX)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Remove every answer; other files in the directory stay."""
        self.bulk_delete(list(self))

    def sizes(self) -> tuple[list[int], list[datetime]]:
        """Bytes of every answer, and when the first and the last were fetched; no file is opened."""
        times, sizes = [], []
        answers, columns = self._listed()
        for entry in answers:
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                times.append(status.st_mtime_ns)
                sizes.append(status.st_size + columns.get(entry.name.removesuffix(SUFFIX), 0))
        ends = (min(times), max(times)) if times else ()
        return sizes, [EPOCH + timedelta(microseconds=end // 1000) for end in ends]

    def _listed(self) -> tuple[list[os.DirEntry[str]], dict[str, int]]:
        """Ordinary files whose names end as those of answers do, and the sizes of columns by their keys."""
        answers, columns = [], {}
        for entry in self.files.scan():
            name = entry.name
            if name.endswith(SUFFIX):
                if name[NAME_END : NAME_END + 1] == "_" and entry.is_file(follow_symlinks=False):
                    answers.append(entry)
            elif name.endswith(COLUMNS):
                with contextlib.suppress(OSError):
                    columns[name.removesuffix(COLUMNS)] = entry.stat(follow_symlinks=False).st_size
        return answers, columns

    def headers(self) -> tuple[list[str], list[int], pa.Table]:
        """Keys, sizes in bytes, and address, moment and expiry of every answer whose header can be read.

        All headers are parsed at once: of 50,000 one by one, the parsing would take seconds.
        """
        keys, sizes, lines = [], [], []
        answers, columns = self._listed()
        for entry in answers:
            try:
                descriptor = os.open(entry.path, READING)
                try:
                    start = os.read(descriptor, LONGEST_HEADER)
                    size = len(start) if len(start) < LONGEST_HEADER else os.fstat(descriptor).st_size
                finally:
                    os.close(descriptor)
            except OSError:
                continue
            end = start.find(b"\n")
            if end >= 0:
                key = entry.name.removesuffix(SUFFIX)
                keys.append(key)
                sizes.append(size + columns.get(key, 0))
                lines.append(start[:end])
        table = _parsed(lines)
        if table is None:
            found = [(number, header) for number, line in enumerate(lines) if (header := _header_of(line))]
            keys = [keys[number] for number, _ in found]
            sizes = [sizes[number] for number, _ in found]
            rows = [{name: getattr(header, name) for name in LISTED.names} for _, header in found]
            table = pa.Table.from_pylist(rows, LISTED)
        return keys, sizes, table

    def prune(self) -> None:
        """Remove orphaned temporary files, then the answers fetched longest ago, with their columns, until the rest fits."""
        answers, columns, now = [], {}, time.time()
        for entry in self.files.scan():
            with contextlib.suppress(OSError):  # another process may be pruning too
                status = entry.stat(follow_symlinks=False)
                if entry.name.endswith(SUFFIX):
                    answers.append((status.st_mtime, status.st_size, entry.name.removesuffix(SUFFIX)))
                elif entry.name.endswith(COLUMNS):
                    columns[entry.name.removesuffix(COLUMNS)] = status.st_size
                elif entry.name.startswith(TEMPORARY) and now - status.st_mtime > ORPHAN_AGE:
                    os.unlink(entry.path)  # noqa: PTH108
        for key in columns.keys() - {key for _, _, key in answers}:
            with contextlib.suppress(OSError):
                (self.directory / f"{key}{COLUMNS}").unlink()
        excess = sum(size + columns.get(key, 0) for _, size, key in answers) - (
            self.max_bytes or float("inf")
        )
        for _, size, key in sorted(answers):
            if excess <= 0:
                break
            with contextlib.suppress(KeyError):
                del self[key]
            excess -= size + columns.get(key, 0)

    def _warn_of_others(self, error: DistrustError) -> None:
        self._warn(
            f"The cache in {self.directory} is not used: {error.strerror}, and so plant false answers there. Take that "
            "right away (chmod go-w), or believe them on purpose: Client(shared_cache=True)"
        )

    def _warn(self, problem: str) -> None:
        if next(self._problems) == 0:
            notify(
                f"{problem}. The data arrived all the same; another directory: JOBINDSATS_CACHE_DIR.",
                CacheWarning,
            )


def _parsed(lines: list[bytes]) -> pa.Table | None:
    """Columns of headers; None if one of the lines is none, or has a text in which a letter is escaped.

    Quotation marks stand at the same places in all of them: a reader of CSV that parts them there takes half the time of one
    of JSON.
    """
    from pyarrow import csv

    text = b"\n".join([b"", *lines, b""])
    if b"\\" in text or not (text.count(b"\n" + START) == text.count(b'"}\n') == len(lines)):
        return None
    names = dict(zip(("f5", "f9", "f13"), LISTED.names, strict=True))
    values = dict(zip(("f7", "f11", "f15"), LISTED, strict=True))
    try:
        table = csv.read_csv(
            pa.BufferReader(text),
            read_options=csv.ReadOptions(use_threads=False, autogenerate_column_names=True),
            parse_options=csv.ParseOptions(delimiter='"', quote_char=False),
            convert_options=csv.ConvertOptions(
                include_columns=[*names, *values],
                column_types=dict.fromkeys(names, pa.string()) | {at: one.type for at, one in values.items()},
            ),
        )
    except pa.ArrowException:
        return None
    if not all(pc.all(pc.equal(table[at], name)).as_py() for at, name in names.items()):
        return None
    return table.select([*values]).rename_columns(LISTED.names)


def _columns_header(header: Header, version: str, columns: bytes | memoryview) -> dict[str, str]:
    """What binds columns to the bytes of their answer, to their form, and to themselves."""
    return {"version": version, "of": header.sha256, "sha256": sha256(columns).hexdigest()}


def _check_key(key: str, url: str) -> None:
    # A file copied or renamed is whole, but answers another question.
    if cache_key(url) != key:
        raise DamagedEntryError


def _header_of(line: bytes) -> Header | None:
    try:
        return Header.from_line(line)
    except DamagedEntryError:
        return None


class KeptResponse(CachedResponse):
    """A stored answer, of which only the header has been read: its rows come from columns, and seldom from its body."""

    header: Header
    storage: DiskStorage

    @classmethod
    def of(cls, header: Header, storage: DiskStorage, expires: datetime) -> KeptResponse:
        """Make it from a header."""
        kept = cls(
            created_at=header.fetched_at,
            expires=expires,
            status_code=200,
            url=header.url,
        )
        kept.header, kept.storage = header, storage
        return kept

    def __attrs_post_init__(self) -> None:
        """Leave out the imitation of a connection, which costs more than all the rest."""

    @property
    def content(self) -> bytes:
        """The body, read now."""
        return self.storage[cache_key(self.url)].content


class DiskCache(BaseCache):
    """requests-cache's backend over `DiskStorage`."""

    def __init__(self, directory: Directory, max_bytes: int | None = None) -> None:
        super().__init__(cache_name=str(directory.path))
        self.responses: DiskStorage = DiskStorage(directory, max_bytes)

    def get_response(self, key: str, default: CachedResponse | None = None) -> CachedResponse | None:
        """What is known of a stored answer; it expires when it is no longer good for the question that is asked."""
        header = self.responses.look(key)
        if header is None:
            return default
        asked = current_reading()
        expires = header.expires if asked is None else datetime.now(UTC) + asked.life(header)
        return KeptResponse.of(header, self.responses, expires)

    def save_response(
        self, response: Response, cache_key: str | None = None, expires: datetime | None = None
    ) -> None:
        """Store an answer with the times it already bears; anything else is not ours and not stored."""
        if isinstance(response, CachedResponse):
            self.responses[cache_key or self.create_key(response.request)] = response
