"""Who is asking: the only way to tell a sum from a mean where pandas hands a plain copy of the numbers around.

`rolling.sum` and `rolling.mean` ask an array for the very same thing, its numbers as float64; so do numpy's
functions, the plots and the writers of files. The functions on the stack tell them apart. Only what is known to be
harmless is listed: an unknown function of a window or of numpy counts as a sum, one of pandas as numbers that leave,
and whatever adds single cells in bulk as a sum.
"""

# ruff: noqa: SLF001 - sys._getframe is the only way to the stack that costs nothing

from __future__ import annotations

import os
import sys
import warnings
from enum import Enum, auto
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jobindsats_pandas.errors import GuardRemovedWarning, HiddenCellsWarning
from jobindsats_pandas.notices import filtered_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

__all__ = [
    "Addition", "Grouping", "Picture", "Purpose", "adding_for_itself", "addition", "appending", "called_directly", "choosing_largest", "combining", "drawing",
    "formatted_by_hand", "gone_over", "grouping", "in_statistic", "looking_back", "made_bare", "multiplied", "picture", "pivoting", "purpose", "relabelling", "reshaping",
    "stripping", "turning_over", "warn_hidden", "warn_removed",
]  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OURS: Final = __name__.rpartition(".")[0]
_WINDOW_STATISTICS: Final = _words(
    "mean median std var sem min quantile skew kurt corr cov corr_func cov_func prep_binary"
)
_WINDOW_HARMLESS: Final = _words("max count rank nunique first last")
# What hands the numbers on to the functions of windows.
_WINDOW_INNER: Final = _words("homogeneous_func calc flex_binary_moment")
# These choose, order, compare and describe numbers, or compute with one after the other.
_NUMPY_HARMLESS: Final = _words(
    """
    MaskedArray.__new__ matrix.__new__ vectorize.__call__ all allclose amax amin any append argmax argmin argpartition argsort argwhere around array
    array2string array_equal array_equiv array_repr array_split array_str asarray_chkfinite asmatrix assert_allclose
    assert_almost_equal assert_array_almost_equal assert_array_equal assert_array_less assert_equal astype atleast_1d
    atleast_2d atleast_3d block broadcast_arrays broadcast_to choose clip column_stack compress copy corrcoef
    count_nonzero cov cumprod delete diag diff digitize dsplit dstack ediff1d expand_dims extract fix fix_invalid
    flatnonzero flip fliplr flipud full full_like gradient histogram histogram2d histogramdd histogram_bin_edges
    hsplit hstack i0 imag insert interp intersect1d isclose iscomplex isin isneginf isposinf isreal lstsq masked_equal
    masked_greater masked_greater_equal masked_inside masked_invalid masked_less masked_less_equal masked_not_equal
    masked_object masked_outside masked_values masked_where max maximum_fill_value mean median meshgrid min moveaxis
    nan_to_num nanargmax nanargmin nancumprod nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd
    nanvar ndim nonzero ones_like outer pad partition percentile piecewise place polyfit prod ptp put putmask quantile
    ravel real real_if_close repeat require reshape resize roll rot90 round save savetxt savez savez_compressed
    searchsorted select setdiff1d setxor1d shape sinc size sliding_window_view sort split squeeze stack std swapaxes
    take take_along_axis tile transpose tril trim_zeros triu union1d unique unique_all unique_counts unique_inverse
    unique_values unwrap var vsplit vstack zeros_like
    """
)
# The smallest that is seen is not the smallest: hidden cells are smaller.
_PANDAS_STATISTICS: Final = _words("corr cov corrwith autocorr nsmallest qcut")
# These take the numbers only to look at them, or to build a guarded array again at once.
_PANDAS_INTERNAL: Final = _words(
    """
    transpose map_array factorize duplicated unique isin rank combine combine_first _iter_column_arrays
    _bins_to_cuts cut _hash_pandas_object equals array_equivalent assert_extension_array_equal
    assert_series_equal assert_frame_equal assert_index_equal hash_array infer_objects convert_dtypes
    apply_series_generator series_generator apply_standard fast_xs stack stack_v3 _stack_multi_columns
    idxmax idxmin reindex update searchsorted mode nlargest round compare memory_usage info interpolate itertuples
    iterrows value_counts value_counts_internal _validate unstack _factorize_keys _get_engine_target
    """
)
# Whether a column of plain numbers can hold those that are about to be written into it.
_HOLDING: Final = "np_can_hold_element"
# Between a frame and somebody who wants its numbers.
_AS_NUMBERS: Final = _words("values _values to_numpy __array__ asarray")
_STATISTICS: Final = _words("mean var std sem skew kurt average cov corr corrcoef median quantile histogram")
# Between a column and a frame that wants all its cells as objects.
_TO_OBJECTS: Final = _words("get_values _interleave as_array values")
# What pandas and numpy do with single cells counts as adding them up, but for these: element by element, or by a
# function of the user's that is built in and gets one cell, or a whole column.
_ELEMENTWISE: Final = ("pandas.core.ops", "pandas.core.computation", "pandas.core.roperator")
_CALLING_WITH_ONE: Final = _words("map_array maybe_iterable_to_list combine einsum")
_CALLING: Final = _words(
    """
    apply_groupwise _aggregate_series_pure_python agg_series apply_standard apply_series_generator apply_broadcast agg
    transform_str_or_callable _transform_general filter _compute_grand_margin pipe <lambda>
    """
)
# Whoever iterates in pandas or numpy makes bare numbers of cells, but for these, which hand them on.
_ITERATING: Final = _words("__iter__ itertuples items iterrows iterable")
_WRITERS: Final = ("pandas.io.formats.excel", "pandas.io.excel")
_RELABELLING: Final = (
    "pandas.core.internals.blocks._unstack",
    "pandas.core.internals.managers.reindex_indexer",
    "pandas.core.series._reindex_indexer",
)

_Frame = tuple[str, str, "FrameType"]


def _frames(depth: int) -> Iterator[_Frame]:
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        yield frame.f_globals.get("__name__", ""), frame.f_code.co_name, frame
        frame = frame.f_back


def _outside(depth: int) -> Iterator[_Frame]:
    """The frames that are not of this room."""
    return (frame for frame in _frames(depth + 1) if not frame[0].startswith(_OURS))


def _between(depth: int) -> Iterator[_Frame]:
    """The frames of pandas, numpy and matplotlib between this room and whoever called them."""
    return takewhile(lambda frame: _is_library(frame[0]) or _draws(frame[0]), _outside(depth + 1))


def _package(module: str) -> str:
    return module.partition(".")[0]


def _is_library(module: str) -> bool:
    return _package(module) in {"pandas", "numpy"}


def _draws(module: str) -> bool:
    return _package(module) == "matplotlib" or module.startswith("pandas.plotting")


# ---- who wants numbers --------------------------------------------------------------------------------------------


class Purpose(Enum):
    """What somebody wants plain numbers for."""

    DISPLAY = auto()
    OBJECTS = auto()
    INTERNAL = auto()
    DRAWING = auto()
    STATISTIC = auto()
    WINDOW_STATISTIC = auto()
    FRAMES = auto()
    PRODUCT = auto()
    SUM = auto()
    WINDOW_SUM = auto()
    WINDOW_APPLY = auto()
    WRITING = auto()
    EXPORT = auto()


def purpose(*, typed: bool) -> Purpose:
    """Tell what the caller of the array wants its numbers for, and whether it said of which dtype, from the stack."""
    whole_frame, by_numpy = False, Purpose.EXPORT
    for module, function, frame in _between(2):
        if _draws(module):
            return Purpose.DRAWING
        if _package(module) == "numpy":
            # The function that was called of all those of numpy's is the last of them.
            harmless = frame.f_code.co_qualname in _NUMPY_HARMLESS and frame.f_locals.get("weights") is None
            by_numpy = Purpose.EXPORT if harmless else Purpose.SUM
            continue
        if by_numpy is Purpose.SUM:
            break
        if function == "_format_strings":
            return Purpose.DISPLAY
        if function == _HOLDING:
            return Purpose.WRITING
        if function == "array_ufunc" and frame.f_locals["self"].ndim > 1:
            return Purpose.FRAMES
        if function == "dot":
            # A frame's own cells are added across, cell by cell, and what stands on the other side is added down.
            across = module == "pandas.core.frame" and "lvals" not in frame.f_locals
            return Purpose.PRODUCT if across else Purpose.SUM
        if function == "as_array" and not typed:
            whole_frame = True
        elif whole_frame and function not in _AS_NUMBERS:
            return Purpose.OBJECTS
        if module.startswith("pandas.core.window"):
            if function in _WINDOW_STATISTICS:
                return Purpose.WINDOW_STATISTIC
            if function in _WINDOW_HARMLESS:
                return Purpose.INTERNAL
            if function == "apply":
                return Purpose.WINDOW_APPLY
            if not function.startswith("_") and function not in _WINDOW_INNER:
                return Purpose.WINDOW_SUM
        elif function in _PANDAS_STATISTICS:
            return Purpose.STATISTIC
        elif function in _PANDAS_INTERNAL:
            return Purpose.INTERNAL
    return by_numpy


def formatted_by_hand() -> bool:
    """Whether the user said how the numbers of a frame are written."""
    formatters = (_at(frame) for _, function, frame in _between(2) if function == "_format_strings")
    return any(one.formatter is not None or callable(one.float_format) for one in formatters)


def called_directly() -> bool:
    """Whether somebody's own code asked for the numbers, rather than pandas or numpy on its way."""
    to_numpy = ("pandas.core.base", "to_numpy")
    module = next(module for module, function, _ in _outside(2) if (module, function) != to_numpy)
    return not _is_library(module) and not _draws(module)


def stripping() -> str:
    """The function of pandas that is taking cells one by one to make bare numbers of them; empty if none is."""
    for module, function, frame in _outside(2):
        if module.startswith(_WRITERS):
            return "to_excel"
        if not _is_library(module) or _draws(module) or module.startswith("pandas.io.formats"):
            return ""
        if function == "is_sequence":
            return ""  # it only asks whether there is something to iterate
        # What adds up or chooses makes no bare numbers; a list of cells is about to be some.
        if function in _CALLING and not isinstance(frame.f_locals.get("func"), type):
            return ""
        if function not in _ITERATING:
            return function
    return ""  # pragma: no cover - somebody has called pandas


def made_bare() -> bool:
    """Whether pandas or numpy turns single cells into numbers, to make a column or an array of them."""
    module, *_ = next(_outside(2))
    if not _is_library(module) or module.startswith("pandas.io.formats") or _draws(module):
        return False
    return not describing()


def in_statistic() -> bool:
    """Whether numpy or pandas adds numbers up on the way to a mean, a variance or their like."""
    return any(function.lstrip("_").removeprefix("nan") in _STATISTICS for _, function, _ in _between(2))


class Addition(Enum):
    """How somebody adds single cells."""

    OWN = auto()
    BULK = auto()
    STATISTIC = auto()
    PLAIN = auto()


def addition() -> Addition:
    """Tell who adds single cells: somebody's own code, pandas or numpy in bulk or for a mean, or a picture."""
    frame = sys._getframe(2)
    module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
    if module == "statistics":
        return Addition.STATISTIC
    by_user = function in _CALLING or function in _CALLING_WITH_ONE
    if by_user or not (_is_library(module) or _draws(module)) or module.startswith(_ELEMENTWISE):
        return Addition.OWN
    if _draws(next(module for module, *_ in _outside(2) if _package(module) != "numpy")):
        return Addition.PLAIN
    return Addition.STATISTIC if in_statistic() else Addition.BULK


# ---- what pandas is doing -----------------------------------------------------------------------------------------


def _at_work(*functions: str) -> bool:
    """Whether functions of pandas are at work, with nothing but pandas between them and here."""
    return set(functions) <= {f"{module}.{function}" for module, function, _ in _between(2)}


def _one_at_work(*functions: str) -> bool:
    """Whether one of some functions of pandas is."""
    return any(f"{module}.{function}" in functions for module, function, _ in _between(2))


# pandas moves cells to other labels, as `unstack`, `reindex` and `merge` do: then none is filled.
relabelling = partial(_one_at_work, *_RELABELLING)
# Cells are laid out anew, as `unstack` does: then none is left out.
reshaping = partial(_at_work, _RELABELLING[0])
# pandas adds for itself, on the way to a correlation or a picture: 0 times another column, or products. Nobody gets a sum.
adding_for_itself = partial(
    _one_at_work,
    "pandas.core.window.common.prep_binary",
    "pandas.core.frame.corrwith",
    "pandas.plotting._matplotlib.misc.radviz",
)
# The smallest and the largest cell stand among what describes a column.
describing = partial(_one_at_work, "pandas.core.methods.describe.describe_numeric_1d")
# A column is made of what a function made of each of its cells, as `Series.combine` does.
combining = partial(_at_work, "pandas.core.series.combine")
# A row or a cell is appended by its label; hidden cells are taken for bare NaN then.
appending = partial(_at_work, "pandas.core.indexing._setitem_with_indexer_missing")
# The last value before a day is looked for; a hidden one is passed over.
looking_back = partial(_at_work, "pandas.core.generic.asof")
# A pivot table drops the groups that hold nothing.
pivoting = partial(_at_work, "pandas.core.frame.dropna", "pandas.core.reshape.pivot.__internal_pivot_table")


def choosing_largest() -> bool:
    """Whether pandas leaves out what shows nothing on its way to some of the largest cells; no hidden count is among those."""
    for module, function, frame in _between(2):
        if (module, function) == ("pandas.core.methods.selectn", "compute"):
            choosing = frame.f_locals["self"]
            of_column = choosing.obj.ndim == 1 and frame.f_locals["method"] == "nlargest"
            return of_column and bool(choosing.n < choosing.obj.count())
    return False


def _at(frame: FrameType) -> Any:
    """Whose method is at work; None while it is being made, for a frame half made calls itself, whatever it is asked."""
    return None if frame.f_code.co_name == "__init__" else frame.f_locals.get("self")


def turning_over() -> Any:
    """What pandas knows where it asks for the cells of a frame to make columns of its rows; else None."""
    for module, function, frame in _between(2):
        if (module, function) == ("pandas.core.frame", "transpose"):
            return frame.f_locals
        if function not in _TO_OBJECTS:
            break
    return None


def multiplied() -> list[Any]:
    """The columns of the frame whose rows are being multiplied and added up."""
    frames = (
        frame for module, function, frame in _between(2) if (module, function) == ("pandas.core.frame", "dot")
    )
    return _columns(_at(next(frames)))


class Grouping(NamedTuple):
    """How somebody put cells into groups."""

    operation: str  # what was called, as the user knows it
    units: str  # what the groups are to the user
    keys: tuple[str, ...]  # the names that they were made by, where all have one


def grouping() -> Grouping:
    """Tell how the user grouped; asked when a sum is refused, so what it costs does not matter."""
    operation, units, keys = "groupby sum", "groups", ()
    for module, function, frame in _between(2):
        if units == "margins":
            continue
        if function in {"pivot_table", "crosstab", "resample"}:
            operation, units = function, "cells of the table"
            if function == "crosstab":
                keys = ()  # the names of its own columns
        elif function in {"_add_margins", "_generate_marginal_results"}:
            operation, units = "pivot_table(margins=True)", "margins"
        elif module == "pandas.core.frame" and function == "_reduce":
            operation, units = "sum(axis=1)", "rows"
        groupings = getattr(getattr(_at(frame), "_grouper", None), "groupings", ())
        # What is made of a column may bear its name, and puts cells into other groups.
        if all(
            one.in_axis and isinstance(one.name, str) and not hasattr(one.grouping_vector, "bins")
            for one in groupings
        ):
            keys = tuple(one.name for one in groupings) or keys
    return Grouping(operation, units, () if units == "rows" else keys)


# Methods of frames that go over all columns, beside those that write them somewhere.
_OVER_ALL: Final = _words(
    "describe _reduce quantile corr cov corrwith apply aggregate astype values __array__"
)


def gone_over(cells: Any) -> list[Any]:
    """The cells of all columns and groups that one call of pandas goes over, of which these are one."""
    found = [cells]
    for module, function, frame in _between(2):
        data = _at(frame)
        if hasattr(data, "_grouper") or (
            module.startswith("pandas.core.window") and hasattr(data, "_selected_obj")
        ):
            data = data._selected_obj
        elif not (function in _OVER_ALL or function.startswith("to_")) or any(
            isinstance(frame.f_locals.get(name), dict) for name in ("func", "dtype")
        ):
            continue
        if hasattr(data, "iloc"):
            found = [one.array.cells for one in _columns(data) if hasattr(one.array, "cells")] or found
    return found


def _columns(data: Any) -> list[Any]:
    """The columns of a frame, or a series as its only one."""
    return [data] if data.ndim == 1 else [data.iloc[:, place] for place in range(data.shape[1])]


# ---- pictures -----------------------------------------------------------------------------------------------------

# These show no sums: lines, points, boxes, error bars, colours, texts; the others below only without something beneath.
_HARMLESS_KINDS: Final = _words("line scatter box kde density bar barh hist hexbin area")
_HARMLESS_PICTURES: Final = _words(
    """
    andrews_curves annotate autocorrelation_plot axhline axhspan axvline axvspan bar_label barbs bootstrap_plot boxplot
    boxplot_frame boxplot_frame_groupby bxp contour contourf errorbar eventplot fill fill_between fill_betweenx
    grouped_bar hist_frame hist_series hlines imshow lag_plot loglog matshow parallel_coordinates pcolor pcolormesh plot
    polar quiver radviz scatter scatter_matrix semilogx semilogy set_xlim set_xticks set_ylim set_yticks stem step streamplot
    table text tricontour tricontourf tripcolor triplot violin violinplot vlines xlim xticks ylim yticks
    """
)
# What stacks numbers, or weighs by them, where it is given.
_BENEATH: Final = {
    "bar": "bottom", "barh": "left", "stairs": "baseline",
    "hist": "weights", "hist2d": "weights", "ecdf": "weights", "hexbin": "C",
}  # fmt: skip
_DECORATORS: Final = _words(
    "wrapper inner get_converter update_units convert_units new_method <listcomp> <genexpr>"
)


class Picture(NamedTuple):
    """What is being drawn, and of which columns; those of one length stand on top of each other, row by row."""

    name: str  # the function or the kind of plot
    columns: tuple[Any, ...]  # Series or arrays


def drawing() -> bool:
    """Whether cells are wanted for a picture, with nothing but libraries between it and here."""
    return any(_draws(module) for module, *_ in _between(2))


def picture() -> Picture | None:
    """The picture that is being drawn, if it is of a sort that shows sums; None of lines, points, boxes and the like."""
    found: Picture | None = None
    for module, function, frame in _between(2):
        if not _draws(module):
            continue
        plot = _at(frame)
        kind = getattr(plot, "_kind", None)
        if isinstance(kind, str) and hasattr(plot, "data"):
            return _pandas_picture(kind, plot)
        if not function.startswith("_") and function not in _DECORATORS:
            found = _matplotlib_picture(function, frame.f_locals)
    return found


def _pandas_picture(kind: str, plot: Any) -> Picture | None:
    given = {**vars(plot), **getattr(plot, "kwds", {})}
    stacked = bool(given.get("stacked")) and kind != "hist"
    weighted = any(given.get(name) is not None for name in ("weights", "C"))
    if kind in _HARMLESS_KINDS and not stacked and not weighted:
        return None
    columns = _columns(plot.data)
    if stacked and len(columns) == 1 and kind != "area":
        return None  # nothing stands on it; an area draws hidden cells as 0
    # Without stacking each column is a picture of its own.
    return Picture(f"plot.{kind}", tuple(columns if stacked else columns[:1]))


def _matplotlib_picture(function: str, arguments: Mapping[str, Any]) -> Picture | None:
    named = {**arguments, **(arguments.get("kwargs") or {})}
    beneath = _BENEATH.get(function)
    if function in _HARMLESS_PICTURES or (beneath and not hasattr(named.get(beneath), "__len__")):
        return None
    columns: list[Any] = []
    for name, value in arguments.items():
        if name in {"self", "ax", "axes", "x"} and function != "pie":
            continue
        columns += list(value) if isinstance(value, list | tuple) else [value]
    return Picture(
        function, tuple(one for one in columns if hasattr(one, "dtype") and hasattr(one, "__len__"))
    )


# ---- warnings -----------------------------------------------------------------------------------------------------

_INSTALLED: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_STANDARD: Final = str(Path(os.__file__).parent)
_said: set[tuple[str, int, str]] = set()


def _warn_once(told: str | Callable[[str], str], *, category: type[Warning], about: str) -> None:
    """Warn at the user's line, once a call; what stands before the colon becomes the function that was called there.

    What is told may be worked out only where it is said: of many groups, it is said of the first. It is given the name of
    what was called.
    """
    outermost: FrameType | None = None
    between: FrameType | None = None
    users: FrameType | None = None
    level = 0
    called = ""
    for distance, (module, function, frame) in enumerate(_frames(1), start=1):
        if _is_library(module) or _draws(module):
            if _package(module) != "numpy":
                outermost = frame
                called = function if function not in _DECORATORS else called
        elif not module.startswith(_OURS):
            if users is None:
                users, level = frame, distance
            if not _is_installed(frame):
                users, level = frame, distance
                break
            between = frame
    else:
        between = None
    if users is None:  # pragma: no cover - somebody has called
        return
    if about == "unweighted" and called == "describe":
        return  # it only describes
    if outermost is not None:
        # One call of the user's, such as describe() or a mean of ten columns, comes here many times. The outermost
        # frame of pandas lives exactly as long as that call, so the mark is left there.
        mark = f"__jobindsats_{about}"
        if mark in outermost.f_locals:
            return
        outermost.f_locals[mark] = True
    message = told if isinstance(told, str) else told(called)
    if outermost is not None and not called.startswith("_"):
        message = called + message[message.index(":") :]
    if between is not None:
        # Another library may take one column several times within the one call of the user's.
        if message in between.f_locals:
            return
        between.f_locals[message] = True
    place = (users.f_code.co_filename, users.f_lineno, about)
    if filtered_as(message, category, users) == "default":
        # Python's own memory of what was said forgets whenever pandas or numpy changes a filter for a moment.
        if place in _said:
            return
        _said.add(place)
    warnings.warn(message, category, stacklevel=level)


def _is_installed(frame: FrameType) -> bool:
    """Whether a frame is of a library rather than of the user's own code."""
    file = frame.f_code.co_filename
    return any(part in file for part in _INSTALLED) or file.startswith((_STANDARD, "<frozen"))


# Also about "gaps", "mixed", "unweighted" and "drawn": each is said once a call.
warn_hidden = partial(_warn_once, category=HiddenCellsWarning, about="hidden")
warn_removed = partial(_warn_once, category=GuardRemovedWarning, about="removed")
