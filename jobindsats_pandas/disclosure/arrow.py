"""The Arrow type: guarded columns keep everything in Parquet, Feather and pickle while this package is imported."""

from __future__ import annotations

import base64
import json
import zlib
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from jobindsats_pandas.disclosure.addresses import UNKNOWN, Registry
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, is_missing

__all__ = ["ArrowDiscretionisedType", "from_arrow", "to_arrow"]


class ArrowDiscretionisedType(pa.ExtensionType):  # type: ignore[misc]
    """``jobindsats.discretionised``: a struct of value (null where nothing is shown), status and address.

    A struct rather than a bare number, so that other tools refuse to add the column up as it stands.
    """

    # Set by the room, for the dtype stands above.
    pandas_dtype: ClassVar[Any]

    def __init__(
        self,
        numbers: str = "Int64",
        registry: Registry | None = None,
        dropped: int = 0,
        left: tuple[str, ...] = (),
        *,
        knows_holes: bool = True,
    ) -> None:
        self.numbers, self.registry, self.dropped, self.left = numbers, registry or Registry(), dropped, left
        # Files of before there were holes call them absent.
        self.knows_holes = knows_holes
        value = pa.int64() if numbers == "Int64" else pa.float64()
        storage = pa.struct([("value", value), ("status", pa.uint8()), ("part", pa.int64())])
        super().__init__(storage, "jobindsats.discretionised")

    def __arrow_ext_serialize__(self) -> bytes:
        plain = {"numbers": self.numbers, "dropped": self.dropped, "left": self.left}
        return json.dumps({**plain, "registry": _packed(self.registry)}).encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: Any, serialized: bytes) -> ArrowDiscretionisedType:
        plain = json.loads(serialized)
        left = plain.get("left")
        return cls(
            plain["numbers"],
            _unpacked(plain["registry"]),
            plain["dropped"],
            tuple(left or ()),
            knows_holes=left is not None,
        )

    def __hash__(self) -> int:
        return hash((self.numbers, self.registry))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrowDiscretionisedType) and (
            (self.numbers, self.registry, self.dropped, self.left)
            == (other.numbers, other.registry, other.dropped, other.left)
        )

    def to_pandas_dtype(self) -> Any:
        """The dtype that this becomes in pandas."""
        return self.pandas_dtype(self.numbers)


def to_arrow(cells: Cells, wanted_type: Any = None) -> Any:
    """Everything that is known of cells, as an Arrow array."""
    numbers = "Int64" if cells.values.dtype.kind == "i" else "Float64"
    arrow_type = ArrowDiscretionisedType(numbers, cells.registry, cells.dropped, cells.left)
    values = pa.array(cells.values, mask=is_missing(cells.status))
    storage = pa.StructArray.from_arrays(
        [values, pa.array(cells.status), pa.array(cells.addresses)], fields=list(arrow_type.storage_type)
    )
    if wanted_type is None or wanted_type == arrow_type:
        return pa.ExtensionArray.from_storage(arrow_type, storage)
    return storage if wanted_type == storage.type else values.cast(wanted_type)


def from_arrow(chunk: Any) -> Cells | None:
    """The cells that one chunk holds; None if it holds numbers that nobody guards."""
    if not isinstance(chunk.type, ArrowDiscretionisedType):
        return None
    values, status, addresses = chunk.storage.flatten()
    # A row that is null as a whole comes from other tools, and is a cell that nobody published.
    gone = np.asarray(chunk.storage.is_null())
    whole = chunk.type.numbers == "Int64"
    numbers = values.fill_null(1 if whole else np.nan).to_numpy(zero_copy_only=False)
    codes = np.where(gone, UNKNOWN, addresses.fill_null(UNKNOWN).to_numpy(zero_copy_only=False)).astype(
        np.int64
    )
    hole = np.uint8(CellStatus.HOLE)
    statuses = np.where(gone, hole, status.fill_null(hole).to_numpy(zero_copy_only=False)).astype(np.uint8)
    if not chunk.type.knows_holes:
        statuses[(statuses == CellStatus.ABSENT) & (codes == UNKNOWN)] = hole
    return Cells(
        numbers.astype(np.int64 if whole else np.float64),
        statuses,
        codes,
        chunk.type.registry,
        chunk.type.dropped,
        chunk.type.left,
    )


@lru_cache(maxsize=32)
def _packed(registry: Registry) -> str:
    return base64.b85encode(zlib.compress(registry.to_json().encode(), 6)).decode()


def _unpacked(text: str) -> Registry:
    return Registry.from_json(zlib.decompress(base64.b85decode(text)).decode())


pa.register_extension_type(ArrowDiscretionisedType())
