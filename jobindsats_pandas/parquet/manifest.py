"""What a partitioned directory holds: the list of its files, which is written last and believed when it is read."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jobindsats_pandas import files
from jobindsats_pandas.errors import ProvenanceError
from jobindsats_pandas.parquet.pieces import changed

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME", "Manifest", "Part", "entries", "normal"]

#: Engines pass names over that begin so.
NAME = "_jobindsats_manifest.json"

#: Twice what is written into one directory at the most; of a whole disk no more is looked at.
MOST_ENTRIES = 10_000

FORMAT = 1


@dataclass(frozen=True)
class Part:
    """A file of a directory.

    Attributes
    ----------
    path : str
        Below the directory, with ``/`` between.
    write : str
        The id of the write that it is of, which the file bears too.
    size : int
        In bytes.
    sha256 : str
        Of all its bytes.
    """

    path: str
    write: str
    rows: int
    size: int
    sha256: str

    def problem(self, data: bytes) -> str:
        """Say what is wrong with bytes that should be this part's; the empty string if nothing is."""
        if len(data) != self.size:
            return f"it is {len(data):,} bytes long, and {self.size:,} were written"
        return "" if sha256(data).hexdigest() == self.sha256 else "the digest of its bytes is another"


@dataclass(frozen=True)
class Manifest:
    """The files of a directory.

    Attributes
    ----------
    write : str
        The id of the write that the directory as a whole is of.
    rows : int
        Of the frame.
    attrs : dict, optional
        Of a dataset, each of whose files holds a frame of its own: those of all of it.
    """

    write: str
    partition_by: tuple[str, ...]
    rows: int
    parts: tuple[Part, ...]
    attrs: dict[str, Any] | None = None

    def to_json(self) -> str:
        """Write it as text, with a digest of its own."""
        body = {"format": FORMAT, **asdict(self)}
        if self.attrs is None:
            del body["attrs"]
        return _text({"sha256": sha256(_text(body).encode()).hexdigest(), **body})

    def write_into(self, directory: Path) -> None:
        """Write it, which makes the directory whole."""
        with (directory / NAME).open("x", encoding="utf-8", newline="\n") as file:
            file.write(self.to_json())
            files.synced(file)

    @classmethod
    def of(cls, directory: Path) -> Manifest | None:
        """Read that of a directory; None if it has none, or is no directory.

        Raises
        ------
        ProvenanceError
            If it is not what was written, or of a newer version.
        """
        if not (directory / NAME).is_file():
            return None
        try:
            body: dict[str, Any] = json.loads((directory / NAME).read_text("utf-8", errors="replace"))
            digest, version = body.pop("sha256"), body["format"]
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise changed(str(directory), f"its list of files cannot be read ({error})") from None
        if digest != sha256(_text(body).encode()).hexdigest():
            raise changed(str(directory), "its list of files is not what was written")
        if version > FORMAT:
            raise ProvenanceError(
                f"{directory} was written by a newer version of jobindsats_pandas."
                " Install a newer version of this package, from where this one was had."
            )
        parts = tuple(Part(**part) for part in body["parts"])
        return cls(body["write"], tuple(body["partition_by"]), body["rows"], parts, body.get("attrs"))


def _text(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def normal(path: str) -> str:
    """A path as it compares: file systems store letters such as å in two ways."""
    return unicodedata.normalize("NFC", path)


def entries(directory: Path) -> dict[str, Path]:
    """Everything below a directory: files, links, and directories with nothing in them.

    Raises
    ------
    ProvenanceError
        If it holds more than is ever written into one, as the whole of a disk does.
    """
    known: dict[str, Path] = {}
    pending = [("", directory)]
    while pending:
        start, folder = pending.pop()
        found = sorted(folder.iterdir())
        if not found and start:
            known[start.removesuffix("/")] = folder
        for path in found:
            if path.is_dir() and not path.is_symlink():
                pending.append((f"{start}{path.name}/", path))
            else:
                known[start + path.name] = path
        if len(known) + len(pending) > MOST_ENTRIES:
            raise ProvenanceError(
                f"{directory} holds more than {MOST_ENTRIES:,} files, and no more are written into one directory here. Name what"
                " df.jobindsats.to_parquet or ji.export wrote."
            )
    return known
