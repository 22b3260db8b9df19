"""The columns of a frame as its files have them, each compared with what was written when it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from jobindsats_pandas.errors import ProvenanceError
from jobindsats_pandas.parquet.digests import digest_of_array, digest_of_numbers, plain_type
from jobindsats_pandas.parquet.metadata import ROW_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.parquet.metadata import FileFacts

__all__ = ["Columns", "Piece", "changed"]


def changed(name: str, how: str) -> ProvenanceError:
    """Make the error for a file that is not what was written."""
    return ProvenanceError(
        f"{name} is not as it was written: {how}. The disk or the way here damaged it, or another program rewrote it. Take"
        " a copy that is whole, or read the data anew; pd.read_parquet(path) opens what can still be opened, as it is and"
        " without any guard."
    )


@dataclass(frozen=True, eq=False)
class Piece:
    """The columns of one file.

    Attributes
    ----------
    name : str
        Of the file, for messages.
    spec : str
        What the frame was, as JSON.
    """

    name: str
    table: pa.Table
    spec: str
    facts: FileFacts

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def array(self, name: str) -> pa.Array:
        """Take a column as it is; text as text, however it is stored."""
        if self.facts.values is not None and name in self.facts.values:
            return pa.array([self.facts.values[name]] * len(self), pa.string())
        column = self.table.column(name)
        if plain_type(column.type) == "string":
            column = column.cast(pa.string())
        array = column.combine_chunks()
        self._verify(name, digest_of_array, array)
        return array

    def numbers(self, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Take a column of numbers, 0 where there is none, and where that is."""
        column = self.table.column(name)
        dtype = column.type.to_pandas_dtype()
        chunks = [
            np.frombuffer(chunk.buffers()[1], dtype, chunk.offset + len(chunk))[chunk.offset :]
            for chunk in column.chunks
            if len(chunk)
        ]
        # A copy also of one chunk: Arrow's memory cannot be written to, and a frame's can.
        numbers = np.concatenate([np.empty(0, dtype), *chunks])
        missing = column.is_null().to_numpy()
        numbers[missing] = 0
        self._verify(name, digest_of_numbers, numbers)
        return numbers, missing

    def codes(self, name: str, labels: Sequence[str]) -> NDArray[np.integer]:
        """Take a column's positions among known labels; -1 for null."""
        places = {label: place for place, label in enumerate(labels)}
        if self.facts.values is not None and name in self.facts.values:
            text = self.facts.values[name]
            return np.full(len(self), -1 if text is None else places[text], dtype=np.int32)
        pieces = [np.empty(0, dtype=np.int8)]
        column = self.table.column(name)
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        for chunk in column.unify_dictionaries().chunks:
            words = chunk.dictionary.to_pylist()
            unknown = [text for text in words if text not in places]
            if unknown:
                raise changed(self.name, f"its column {name!r} says {unknown[0]!r}, which no cell of it said")
            recode = np.array([places[text] for text in words] + [-1], dtype=np.int32)
            indices = chunk.indices
            if indices.null_count:
                indices = indices.fill_null(len(recode) - 1)
            codes = indices.to_numpy(zero_copy_only=False)
            same = not indices.null_count and (recode[:-1] == np.arange(len(recode) - 1)).all()
            pieces.append(codes if same and not chunk.null_count else recode[codes])
        found = np.concatenate(pieces)
        self._verify(name, digest_of_numbers, found)
        return found

    def _verify(self, name: str, digest: Callable[[Any], str], content: Any) -> None:
        known = self.facts.digests.get(name)
        if known is not None and digest(content) != known:
            raise changed(self.name, f"its column {name!r} holds something else")


class Columns:
    """The columns of a frame: those of one file, or of several whose rows are put in their order.

    Parameters
    ----------
    name : str
        Of the file or directory, for messages.
    ordered : bool
        Whether they say where their rows stood.

    Raises
    ------
    ProvenanceError
        If rows are missing or doubled.
    """

    def __init__(self, name: str, pieces: Sequence[Piece], *, ordered: bool = False) -> None:
        self.name = name
        self.pieces = pieces
        self.rows = sum(map(len, pieces))
        self._codes: dict[tuple[str, tuple[str, ...]], NDArray[np.integer]] = {}
        self._order = None
        if ordered:
            numbers = np.concatenate(
                [np.empty(0, np.int64), *(piece.numbers(ROW_NUMBER)[0] for piece in pieces)]
            )
            self._order = np.argsort(numbers, kind="stable")
            if not np.array_equal(numbers[self._order], np.arange(self.rows)):
                raise changed(name, "rows are missing or doubled")

    def array(self, name: str) -> pa.Array:
        """Take a column as it is."""
        if self._order is None:
            return self.pieces[0].array(name)
        return pa.concat_arrays([piece.array(name) for piece in self.pieces]).take(pa.array(self._order))

    def numbers(self, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Take a column of numbers, 0 where there is none, and where that is."""
        if self._order is None:
            return self.pieces[0].numbers(name)
        found = [piece.numbers(name) for piece in self.pieces]
        numbers = np.concatenate([one for one, _ in found])
        missing = np.concatenate([where for _, where in found])
        return numbers[self._order], missing[self._order]

    def codes(self, name: str, labels: Sequence[str]) -> NDArray[np.integer]:
        """Take a column's positions among known labels; -1 for null."""
        key = (name, tuple(labels))
        if key not in self._codes:
            found = [piece.codes(name, labels) for piece in self.pieces]
            self._codes[key] = found[0] if self._order is None else np.concatenate(found)[self._order]
        return self._codes[key]
