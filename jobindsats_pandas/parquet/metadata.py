"""What stands in the metadata of a file: what the frame was, what the file holds of it, and a digest of both."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pyarrow as pa

from jobindsats_pandas.errors import ProvenanceError

__all__ = ["KEY", "ROW_NUMBER", "FileFacts", "packed", "unpacked"]

#: The version of what `KEY` holds; a file of a newer one is not guessed at. Until 2, holes were called absent; until 3,
#: there were no digests.
FORMAT = 3

KEY = "jobindsats"

#: Where the rows of a directory's files stood in the frame.
ROW_NUMBER = "row_number"


@dataclass(frozen=True)
class FileFacts:
    """What a file says of itself, besides what the frame was.

    Attributes
    ----------
    rows : int or None
        None where a file of an older format does not say.
    types : dict of str to str or None
        The columns of the file and their types; None where an older format does not say.
    digests : dict of str to str or None
        Of the columns that are read here, and not of those for others; None where an older format has none.
    values : dict of str to str or None
        In a partitioned directory, the labels that all rows of this file have.
    write : str or None
        The id of the write that it belongs to.
    """

    rows: int | None
    types: dict[str, str | None]
    digests: dict[str, str | None]
    values: dict[str, str | None] | None = None
    write: str | None = None


def packed(spec: str, facts: FileFacts) -> str:
    """What the metadata hold, as text: other readers want the metadata to be text."""
    told = json.dumps(vars(facts), ensure_ascii=False, separators=(",", ":"))
    document = {"format": FORMAT, "digest": _digest(spec, told), "file": told, "spec": spec}
    raw = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    compressed: bytes = pa.compress(raw, codec="zstd", asbytes=True)
    return f"{len(raw)}:{base64.b64encode(compressed).decode()}"


def unpacked(name: str, text: str) -> tuple[str, FileFacts]:
    """The spec of the frame, as text, and the facts of the file.

    Raises
    ------
    ProvenanceError
        If it was written by a newer version, or is not what was written.
    """
    size, _, compressed = text.partition(":")
    raw: bytes = pa.decompress(
        base64.b64decode(compressed, validate=True), decompressed_size=int(size), codec="zstd", asbytes=True
    )
    document: dict[str, Any] = json.loads(raw)
    if document["format"] > FORMAT:
        raise ProvenanceError(
            f"{name} was written by a newer version of jobindsats_pandas (format {document['format']}; this one reads"
            f" {FORMAT}). Install a newer version of this package, from where this one was had."
        )
    if document["format"] < 3:
        return _of_old(document)
    if _digest(document["spec"], document["file"]) != document["digest"]:
        raise ValueError("the digest of its metadata is another")
    return document["spec"], FileFacts(**json.loads(document["file"]))


def _digest(*texts: str) -> str:
    return sha256("\0".join(texts).encode()).hexdigest()


def _of_old(spec: dict[str, Any]) -> tuple[str, FileFacts]:
    """What formats 1 and 2 told, of which each file bore everything in one document."""
    partition = spec.pop("partition", None)
    values = None if partition is None else partition["values"]
    types: dict[str, str | None] = {}
    for column in spec["columns"]:
        if column["kind"] == "guarded":
            types[column["file"]] = "int64" if column["dtype"] == "discretionised[Int64]" else "double"
            types[column["status"]] = "string"
            if "file" in column["parts"]:
                types[column["parts"]["file"]] = "int64"
        else:
            types[column["file"]] = None if column["kind"] == "other" else "string"
    if values is not None:
        types = {name: kind for name, kind in types.items() if name not in values}
        types[ROW_NUMBER] = "int64"
    digests: dict[str, str | None] = dict.fromkeys(types)
    types |= {column["start"]: None for column in spec["columns"] if "start" in column}
    rows = spec["rows"] if values is None else None
    return json.dumps(spec), FileFacts(rows, types, digests, values)
