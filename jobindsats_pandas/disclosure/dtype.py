"""The two dtypes, ``discretionised[Int64]`` and ``discretionised[Float64]``."""

# ruff: noqa: SLF001 - the dtype and its array are one thing

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype, register_extension_dtype

from jobindsats_pandas.disclosure.arrow import from_arrow

__all__ = ["DiscretionisedDtype"]


@register_extension_dtype
class DiscretionisedDtype(ExtensionDtype):
    """Numbers of which some are hidden, and which cannot be added up wrongly by accident.

    Measure, kind and registry belong to the array, not to the dtype: so columns of different measures can be
    concatenated and stacked without falling back to object.

    Parameters
    ----------
    numbers : {"Int64", "Float64"}
        Whole or decimal.

    Examples
    --------
    >>> DiscretionisedDtype("Int64")
    discretionised[Int64]
    >>> import pandas as pd
    >>> pd.api.types.pandas_dtype("discretionised[Float64]")
    discretionised[Float64]
    """

    _metadata = ("numbers",)
    # Set by the array itself, which stands above its dtype.
    _array_type: ClassVar[Any]
    _is_numeric = True
    # A plain NaN, which plots and compares as everyone expects; pd.NA breaks matplotlib's bars.
    na_value = np.nan

    def __init__(self, numbers: Literal["Int64", "Float64"] = "Int64") -> None:
        if numbers not in ("Int64", "Float64"):
            raise ValueError(f"numbers must be 'Int64' or 'Float64', not {numbers!r}")
        self.numbers = numbers

    @property
    def name(self) -> str:  # type: ignore[override]
        """The name, as `pandas` understands it anywhere."""
        return f"discretionised[{self.numbers}]"

    @property
    def type(self) -> Any:  # type: ignore[override]
        """The class of a visible cell."""
        return int if self.numbers == "Int64" else float

    @property
    def kind(self) -> Literal["i", "f"]:
        """``"i"`` or ``"f"``."""
        return "i" if self.numbers == "Int64" else "f"

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The dtype of the numbers inside."""
        return np.dtype(np.int64 if self.numbers == "Int64" else np.float64)

    @property
    def itemsize(self) -> int:
        """Bytes of each number."""
        return 8

    def __repr__(self) -> str:
        return self.name

    @classmethod
    def construct_array_type(cls) -> Any:
        """The array that belongs to this dtype."""
        return cls._array_type

    @classmethod
    def construct_from_string(cls, string: str) -> Self:
        """Read the name."""
        if not isinstance(string, str):
            raise TypeError(f"'construct_from_string' expects a string, got {type(string)}")
        for numbers in ("Int64", "Float64"):
            if string == f"discretionised[{numbers}]":
                return cls(numbers)
        raise TypeError(f"Cannot construct a 'DiscretionisedDtype' from '{string}'")

    def _get_common_dtype(self, dtypes: list[Any]) -> Any:
        decimal = False
        for dtype in dtypes:
            if not (pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)):
                return None
            if dtype.kind not in "iuf":
                return None
            decimal |= dtype.kind == "f"
        return DiscretionisedDtype("Float64" if decimal else "Int64")

    def __from_arrow__(self, array: Any) -> Any:
        chunks = array.chunks if hasattr(array, "chunks") else [array]
        made = [self._from_chunk(chunk) for chunk in chunks]
        if not made:
            return self._array_type._from_sequence([], dtype=self)
        whole = made[0] if len(made) == 1 else self._array_type._concat_same_type(made)
        # What was dropped was dropped once, however many chunks tell of it.
        whole._dropped, whole._left = made[0]._dropped, made[0]._left
        return whole

    def _from_chunk(self, chunk: Any) -> Any:
        cells = from_arrow(chunk)
        if cells is None:
            return self._array_type._from_sequence(chunk.to_numpy(zero_copy_only=False), dtype=self)
        return self._array_type.from_cells(cells)
