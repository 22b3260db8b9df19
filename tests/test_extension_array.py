"""pandas' own suite for extension arrays, inherited; this file holds nothing else.

Run for both dtypes, once with missing cells that were left out (they count as 0) and once with hidden ones. Each
override says why it is one.
"""

# ruff: noqa: F811 - tests ask for fixtures under the names that they are imported by

from __future__ import annotations

import numpy as np
import pandas as pd
import pandas._testing as tm
import pytest
from pandas.tests.extension import base
from pandas.tests.extension.conftest import (  # noqa: F401 - the suite asks for its fixtures by name
    all_arithmetic_operators,
    all_boolean_reductions,
    all_data,
    all_numeric_accumulations,
    all_numeric_reductions,
    all_reductions,
    as_array,
    as_frame,
    as_series,
    box_in_series,
    comparison_op,
    data_repeated,
    fillna_method,
    groupby_apply_op,
    invalid_scalar,
    na_value,
    use_numpy,
    using_nan_is_na,
)

from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    Registry,
    allow_sums,
)
from jobindsats_pandas.disclosure.scalars import Cell
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.kinds import Kind

# The suite converts to numpy and takes means of hidden cells all the time; warnings have tests of their own.
pytestmark = [
    pytest.mark.filterwarnings("ignore::jobindsats_pandas.errors.GuardRemovedWarning"),
    pytest.mark.filterwarnings("ignore::jobindsats_pandas.errors.HiddenCellsWarning"),
]

DIMENSION = AddressDimension.build(
    "_d", "D", [("_h", "1", "alle", [(f"/{n}/", f"nr. {n}") for n in range(200)])]
)
SPACE = AddressSpace(
    "t", "T", (AddressMeasure("m", "Antal sanktioner", Kind.FLOW),), (("M", "2026M01"),), (DIMENSION,)
)
REGISTRY = Registry.of(SPACE)
MISSING = {"absent": CellStatus.ABSENT, "hidden": CellStatus.DISCRETIONISED}


@pytest.fixture(params=["Int64", "Float64"])
def dtype(request):
    return DiscretionisedDtype(request.param)


@pytest.fixture(params=list(MISSING))
def missing(request):
    """What the missing cells of `data` are."""
    return request.param


def make(values, dtype, missing):
    """Cells of distinct parts of one flow; None is a missing cell."""
    gone = np.array([value is None for value in values])
    numbers = np.array([1 if value is None else value for value in values], dtype=dtype.numpy_dtype)
    status = np.where(gone, MISSING[missing], CellStatus.OBSERVED).astype(np.uint8)
    parts = SPACE.encode(0, 0, [np.arange(1, len(values) + 1)])
    if missing != "hidden":
        parts = np.where(gone, -1, parts)
    return DiscretionisedArray(numbers, status, parts, REGISTRY)


def values_for(dtype, *values):
    return [value if value is None or dtype.kind == "i" else value / 10 for value in values]


@pytest.fixture
def data(dtype, missing):
    return make(values_for(dtype, 1, 2, 3, 4, None, 10, 11, None, 99, 100), dtype, missing)


@pytest.fixture
def data_for_twos(dtype):
    return make([2] * 10, dtype, "hidden")


@pytest.fixture
def data_missing(dtype, missing):
    return make([None, 1], dtype, missing)


@pytest.fixture
def data_for_sorting(dtype):
    return make([1, 2, 0], dtype, "hidden")


@pytest.fixture
def data_missing_for_sorting(dtype, missing):
    return make([1, None, 0], dtype, missing)


@pytest.fixture
def data_for_grouping(dtype, missing):
    return make([1, 1, None, None, 0, 0, 1, 2], dtype, missing)


@pytest.fixture
def na_cmp():
    # A hidden cell is a NaN with a name, not one single object.
    return lambda left, right: bool(pd.isna(left) and pd.isna(right))


class TestDiscretionisedArray(base.ExtensionTests):
    # `combine` compares single cells in Python, where nothing is known to be larger or smaller than a hidden one.
    _combine_le_expected_dtype = "bool"

    def _get_expected_exception(self, op_name, obj, other):
        # The suite adds every cell to the first one, or to itself: those would be counted twice.
        if op_name in ("__add__", "__radd__") and isinstance(other, Cell | DiscretionisedArray):
            return InvalidSumError
        return None

    def _cast_pointwise_result(self, op_name, obj, other, pointwise_result):
        # Single cells compare as NaN does, whole columns as Int64 does.
        if op_name in ("eq", "ne", "lt", "le", "gt", "ge"):
            return pointwise_result.astype("boolean").where(obj.notna() & pd.notna(other))
        # Python's 1 ** nan is 1.0; here nothing computed from a missing cell is known.
        if op_name == "__rpow__":
            # What stands over a hidden cell is a guess and stays one, so it is taken away from bare numbers.
            bare = pointwise_result.map(float).astype(float).where(obj.notna())
            return bare.astype(obj.dtypes if obj.ndim == 1 else obj.dtypes.to_dict())
        return pointwise_result

    def _supports_reduction(self, ser, op_name):
        return True

    def _supports_accumulation(self, ser, op_name):
        return True

    def _get_expected_reduction_dtype(self, arr, op_name, skipna):
        # Statistics of whole numbers are decimal.
        return arr.dtype if op_name in ("sum", "min", "max") else DiscretionisedDtype("Float64")

    def test_combine_add(self, data_repeated):
        # The array plus itself is refused; with sums allowed, the suite's own check holds.
        with pytest.raises(InvalidSumError):
            super().test_combine_add(data_repeated)
        with allow_sums():
            super().test_combine_add(data_repeated)

    @pytest.mark.parametrize("skipna", [True, False])
    def test_reduce_series_numeric(self, data, all_numeric_reductions, skipna, missing):
        self._refused_if_hidden(
            missing,
            all_numeric_reductions,
            super().test_reduce_series_numeric,
            data,
            all_numeric_reductions,
            skipna,
        )

    @pytest.mark.parametrize("skipna", [True, False])
    def test_reduce_frame(self, data, all_numeric_reductions, skipna, missing):
        self._refused_if_hidden(
            missing, all_numeric_reductions, super().test_reduce_frame, data, all_numeric_reductions, skipna
        )

    @pytest.mark.parametrize("skipna", [True, False])
    def test_reduce_array(self, request, data, all_reductions, skipna, missing):
        self._refused_if_hidden(
            missing, all_reductions, super().test_reduce_array, request, data, all_reductions, skipna
        )

    @pytest.mark.parametrize("skipna", [True, False])
    def test_accumulate_series(self, data, all_numeric_accumulations, skipna, missing):
        self._refused_if_hidden(
            missing,
            all_numeric_accumulations,
            super().test_accumulate_series,
            data,
            all_numeric_accumulations,
            skipna,
        )

    def test_in_numeric_groupby(self, data_for_grouping, missing):
        self._refused_if_hidden(missing, "sum", super().test_in_numeric_groupby, data_for_grouping)

    def _refused_if_hidden(self, missing, operation, test, *arguments):
        # What this dtype is for: with hidden cells, sums are refused; everything else must pass as it stands.
        # Where nothing is skipped (the last argument), a sum is hidden instead, which is missing as pandas wants it.
        hides = operation == "sum" and arguments[-1] is False
        if missing == "hidden" and operation in ("sum", "cumsum") and not hides:
            with pytest.raises(InvalidSumError):
                test(*arguments)
        else:
            test(*arguments)

    def test_tolist(self, data):
        # NaN equals nothing, not even itself, so lists with missing cells are compared as text.
        assert [str(one) for one in pd.Series(data).tolist()] == [str(one) for one in data]

    @pytest.mark.parametrize("nullable_string_dtype", ["string[python]", "string[pyarrow]"])
    def test_astype_string(self, data, nullable_string_dtype):
        # A hidden cell becomes missing text, not its name; the suite knows only one object for what is missing.
        result = pd.Series(data[:5]).astype(nullable_string_dtype)
        expected = pd.Series(
            [pd.NA if pd.isna(one) else str(one) for one in data[:5]], dtype=nullable_string_dtype
        )
        tm.assert_series_equal(result, expected)
