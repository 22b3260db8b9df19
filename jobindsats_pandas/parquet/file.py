"""One Parquet file: composed from columns, and taken apart again into what it says of itself and what it holds."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from jobindsats_pandas.errors import JobindsatsError, ProvenanceError
from jobindsats_pandas.parquet.digests import digest_of_array, digest_of_numbers, plain_type
from jobindsats_pandas.parquet.metadata import KEY, ROW_NUMBER, FileFacts, packed, unpacked
from jobindsats_pandas.parquet.pieces import Piece, changed
from jobindsats_pandas.parquet.restoring import narrowed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

__all__ = ["compose", "facts_of", "pandas_metadata", "take_apart", "told_as_damage"]


def compose(
    table: pa.Table,
    spec: Mapping[str, Any],
    notes: Mapping[str, str],
    *,
    values: dict[str, str | None] | None = None,
    write: str | None = None,
) -> pa.Buffer:
    """Make the bytes of a file.

    Parameters
    ----------
    spec : mapping
        What the frame was, of which these are all rows or some.
    notes : mapping of str to str
        Texts for the file's metadata, such as its source and citation.
    values : dict, optional
        In a partitioned directory, the labels that all these rows have.
    write : str, optional
        The id of the write that the file belongs to.
    """
    import pyarrow.parquet as pq

    # Many small numbers that are unlike each other: differences of them take the least room.
    exact = [name for name in table.column_names if name == ROW_NUMBER or name in spec["parts"]]
    guarded = [column for column in spec["columns"] if column["kind"] == "guarded"]
    periods = [column for column in spec["columns"] if column["kind"] == "period"]
    facts = FileFacts(
        table.num_rows,
        {field.name: plain_type(field.type) for field in table.schema},
        _digests(
            table,
            numbers={*exact, *(column["file"] for column in guarded)},
            unread={column["start"] for column in periods},
        ),
        values,
        write,
    )
    metadata = {name: text for name, text in notes.items() if text}
    metadata[KEY] = packed(json.dumps(spec, ensure_ascii=False, separators=(",", ":")), facts)
    table = table.replace_schema_metadata({"pandas": pandas_metadata(table, spec["columns"])})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        # Few values that repeat: a dictionary of numbers is small. Days are small as they are.
        use_dictionary=[
            field.name for field in table.schema if field.name not in exact and field.type != pa.date32()
        ],
        # Engines pass over row groups whose periods or statuses are not wanted.
        write_statistics=True,
        column_encoding=dict.fromkeys(exact, "DELTA_BINARY_PACKED") or None,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(table)
        # As metadata of the schema, they would be written twice: also within the schema that Arrow keeps for itself.
        writer.add_key_value_metadata(metadata)
    return sink.getvalue()


def _digests(table: pa.Table, numbers: set[str], unread: set[str]) -> dict[str, str | None]:
    """Digests of the columns, as `Piece` takes them again."""
    found: dict[str, str | None] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name in unread:
            continue
        array = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
        if pa.types.is_dictionary(array.type):
            found[name] = digest_of_numbers(array.indices.fill_null(-1).to_numpy(zero_copy_only=False))
        elif name in numbers:
            filled = pc.fill_null(array, pa.scalar(0, array.type))
            found[name] = digest_of_numbers(filled.to_numpy(zero_copy_only=False))
        else:
            found[name] = digest_of_array(array)
    return found


def pandas_metadata(table: pa.Table, described: Sequence[Mapping[str, Any]]) -> str:
    """What pandas looks for in a file, so that there too whole numbers with gaps come as Int64."""
    columns = [
        {
            "name": column["file"],
            "field_name": column["file"],
            "pandas_type": str(table.schema.field(column["file"]).type),
            "numpy_type": column["dtype"].removeprefix("discretionised[").removesuffix("]"),
            "metadata": None,
        }
        for column in described
        if column["kind"] == "guarded"
    ]
    document = {
        "index_columns": [],
        "column_indexes": [],
        "columns": columns,
        "pandas_version": pd.__version__,
    }
    return json.dumps(document)


def take_apart(name: str, data: bytes | IO[bytes], wanted: Collection[Any] = ()) -> Piece:
    """Take a file apart: its columns, what it says of itself, and what the frame was.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    data : bytes or file object
        Of an open file only those columns are read that are wanted.
    wanted : collection
        Labels of the frame's columns, as for `narrowed`.

    Raises
    ------
    ProvenanceError
        If it was not written here, by a newer version, or is not as it was written.
    """
    opened = _opened(name, pa.BufferReader(data) if isinstance(data, bytes) else data)
    with told_as_damage(name), opened:
        spec, facts = _told(name, opened)
        _compare(name, opened.schema_arrow, facts)
        names = _names(json.loads(spec), wanted) if wanted else facts.digests
        table = opened.read(columns=[column for column in facts.digests if column in names])
        if facts.rows is not None and table.num_rows != facts.rows:
            raise changed(name, f"it holds {table.num_rows:,} rows, and {facts.rows:,} were written")
        return Piece(name, table, spec, facts)


def _names(spec: dict[str, Any], wanted: Collection[Any]) -> set[str]:
    """The columns of a file that are read for some of the frame."""
    columns = narrowed(spec, wanted)["columns"]
    names = {column[what] for column in columns for what in ("file", "status") if what in column}
    return {ROW_NUMBER} | names | {c["parts"]["file"] for c in columns if "file" in c.get("parts", ())}


def facts_of(name: str, file: Any) -> tuple[str, FileFacts]:
    """What a file says: of the frame, as text, and of itself; nothing else of it is read.

    Raises
    ------
    ProvenanceError
        If it was not written here, or by a newer version.
    """
    opened = _opened(name, file)
    with told_as_damage(name), opened:
        return _told(name, opened)


def _opened(name: str, file: Any) -> Any:
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file, page_checksum_verification=True)
    except Exception as error:  # of Arrow and its Python part, on bytes that may be anything
        raise ProvenanceError(
            f"{name} is not a Parquet file, or was cut short: {str(error).rstrip('.')}. Take it from a copy, or read the table again."
        ) from error


def _told(name: str, opened: Any) -> tuple[str, FileFacts]:
    metadata = opened.metadata.metadata or {}
    if KEY.encode() not in metadata:
        raise ProvenanceError(
            f"{name} was not written by df.jobindsats.to_parquet, so what its cells are is not known."
            " pd.read_parquet(path) opens it as it is."
        )
    return unpacked(name, metadata[KEY.encode()].decode())


def _compare(name: str, schema: pa.Schema, facts: FileFacts) -> None:
    """Compare the columns of a file, and their types, with those that were written."""
    strange = [column for column in schema.names if column not in facts.types]
    missing = [column for column in facts.types if column not in schema.names]
    if strange or missing or len(schema.names) != len(facts.types):
        how = [f"without {', '.join(map(repr, missing))}"] if missing else []
        how += [f"with {', '.join(map(repr, strange))} besides"] if strange else []
        raise changed(name, f"it stands there {' and '.join(how) or 'with columns doubled'}")
    for field in schema:
        known = facts.types[field.name]
        if known is not None and plain_type(field.type) != known:
            raise changed(name, f"its column {field.name!r} is {field.type}, and was {known}")


@contextmanager
def told_as_damage(name: str) -> Iterator[None]:
    """Tell whatever goes wrong with bytes that may be anything as what it means: the file is not what was written."""
    try:
        yield
    except JobindsatsError:
        raise
    except Exception as error:  # of Arrow, base64, JSON, numpy and pandas, on bytes that may be anything
        raise changed(name, f"{type(error).__name__}: {error}") from error
