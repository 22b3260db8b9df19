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
from jobindsats_pandas.disclosure.cells import Cells, CellStatus, restored

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
        left: tuple[str, ...] | None = (),
    ) -> None:
        self.numbers, self.registry, self.dropped, self.left = numbers, registry or Registry(), dropped, left
        value = pa.int64() if numbers == "Int64" else pa.float64()
        storage = pa.struct([("value", value), ("status", pa.uint8()), ("part", pa.int64())])
        super().__init__(storage, "jobindsats.discretionised")

    def __arrow_ext_serialize__(self) -> bytes:
        plain = {"numbers": self.numbers, "dropped": self.dropped, "left": self.left}
        return json.dumps({**plain, "registry": _packed(self.registry)}).encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage_type: Any, serialized: bytes) -> ArrowDiscretionisedType:
        plain = json.loads(serialized)
        text = zlib.decompress(base64.b85decode(plain["registry"])).decode()
        left = plain.get("left")
        left = left if left is None else tuple(left)
        return cls(plain["numbers"], Registry.from_json(text), plain["dropped"], left)

    @property
    def _known(self) -> tuple[Any, ...]:
        return self.numbers, self.registry, self.dropped, self.left

    def __hash__(self) -> int:
        return hash(self._known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArrowDiscretionisedType) and self._known == other._known

    def to_pandas_dtype(self) -> Any:
        """The dtype that this becomes in pandas."""
        return self.pandas_dtype(self.numbers)


def to_arrow(cells: Cells, wanted_type: Any = None) -> Any:
    """Everything that is known of cells, as an Arrow array."""
    numbers = "Int64" if cells.whole else "Float64"
    arrow_type = ArrowDiscretionisedType(numbers, cells.registry, cells.dropped, cells.left)
    values = pa.array(cells.values, mask=cells.missing)
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
    # A row that is null as a whole comes from other tools, and is a cell that nobody published.
    blank = {
        "value": 1 if chunk.type.numbers == "Int64" else np.nan,
        "status": CellStatus.HOLE,
        "part": UNKNOWN,
    }
    values, status, addresses = (
        np.array(array.fill_null(pa.scalar(blank[field.name], field.type)))  # a copy, to be written into
        for field, array in zip(chunk.storage.type, chunk.storage.flatten(), strict=True)
    )
    cells = Cells(values, status, addresses, chunk.type.registry, chunk.type.dropped)
    return restored(cells, chunk.type.left)


@lru_cache(maxsize=32)
def _packed(registry: Registry) -> str:
    return base64.b85encode(zlib.compress(registry.to_json().encode(), 6)).decode()


pa.register_extension_type(ArrowDiscretionisedType())
