"""``df.jobindsats`` and ``series.jobindsats``: what can be done with frames of discretionised cells.

Stateless and never on the network; each method hands the frame to the module that does the work, and describes it, so
that ``help`` shows all there is to know. Importing this module registers both; what draws, and what writes sheets, is
loaded by whoever does.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Literal

import pandas as pd

from jobindsats_pandas import areas, arguments, layouts, parquet, provenance, totals
from jobindsats_pandas.audit import audit
from jobindsats_pandas.disclosure import DiscretionisedDtype
from jobindsats_pandas.errors import ProvenanceError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.guarded import why_nothing_is_guarded

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import pyarrow as pa
    from matplotlib.axes import Axes

    from jobindsats_pandas.audit import Audit
    from jobindsats_pandas.provenance import Citation, Source

    Names = str | Sequence[str] | None

__all__ = ["FrameAccessor", "SeriesAccessor", "frame"]


@pd.api.extensions.register_dataframe_accessor("jobindsats")
class FrameAccessor:
    """Statuses, official totals, bounds, audits, layouts and files of a frame that `read_jobindsats` made.

    It works on every frame with discretionised columns, also after ``pivot``, ``merge``, ``set_index`` or ``concat``:
    each cell knows which table, measure, period and members it belongs to. `DataFrame.attrs` tell the rest (`source`,
    `cite`); where pandas lost them, the error says how to bring them back.

    Dimensions are named by their column, their id, or the id of a hierarchy.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     df = ji.read_jobindsats("y01h01", by={"_akassedp": "*"}, periods="2025Q04", client=client)
    >>> len(df), len(df.jobindsats.totals("A-kasse")), len(df.jobindsats.parts("A-kasse"))
    (22, 1, 21)
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        if not any(isinstance(dtype, DiscretionisedDtype) for dtype in frame.dtypes):
            raise AttributeError(why_nothing_is_guarded(frame))
        self._frame = frame

    # --- what is hidden ----------------------------------------------------------------------------------------------

    @property
    def status(self) -> pd.DataFrame:
        """The status of every cell: a frame of categoricals in the shape of the measure columns.

        One of ``observed``, ``discretionised``, ``not available``, ``absent``, ``rounded``, ``derived``, ``filled``.
        """
        return layouts.status(self._frame)

    @property
    def is_discretionised(self) -> pd.DataFrame:
        """Where a cell is hidden by disclosure control: a frame of bool in the shape of the measure columns."""
        return layouts.is_discretionised(self._frame)

    def audit(self, by: Names = None) -> Audit:
        """Tell how much is hidden, where, and which breakdown costs most.

        Parameters
        ----------
        by : str or sequence of str, optional
            Columns, index levels or dimensions to count by, besides the measure.

        Returns
        -------
        Audit
            Printed, it shows the gist; ``.frame``, ``.members``, ``.levels``, ``.periods`` and ``.breakdowns`` are
            frames of counts.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y01h01", by="_akassedp", periods="2025Q04", client=client)
        >>> df.jobindsats.audit().summary
        '... of 147 cells are hidden (discretionised): ... %'
        """
        return audit(self._frame, by)

    # --- totals and parts --------------------------------------------------------------------------------------------

    def official_total(self, measure: str | None = None, over: Names = None) -> pd.DataFrame:
        """Keep the published rows that are the total over some dimensions, the others as they are.

        Parameters
        ----------
        measure : str, optional
            Column, name or id of a measure; all by default.
        over : str or sequence of str, optional
            Dimensions; all by default.

        Raises
        ------
        QueryError
            If they are not in the frame; the message has the call that reads them, and the shorter
            ``ji.read_official_total(df, over=…)``.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y01h01", by={"_akassedp": "*"}, periods="2025Q04", client=client)
        >>> df.jobindsats.official_total("Antal sanktioner i alt", over="A-kasse")["A-kasse"].to_list()
        ['A-kasse i alt']
        """
        return totals.official_total(self._frame, measure, over)

    def level(self, dimension: str, level: str) -> pd.DataFrame:
        """Keep the rows of one level of a dimension.

        Parameters
        ----------
        dimension : str
        level : str
            Name or id of a level, or ``"total"``.
        """
        return totals.level(self._frame, dimension, level)

    def parts(self, dimension: str) -> pd.DataFrame:
        """Keep the rows of the deepest level of a dimension that the frame has: the parts, without their totals."""
        return totals.parts(self._frame, dimension)

    def totals(self, dimension: str) -> pd.DataFrame:
        """Keep the rows in which a dimension stands at its official total, whatever the others."""
        return totals.totals(self._frame, dimension)

    def without_totals(self) -> pd.DataFrame:
        """Keep the rows of the deepest level that the frame has, in every dimension."""
        return totals.without_totals(self._frame)

    # --- sums --------------------------------------------------------------------------------------------------------

    def sum_bounds(self, measure: str | None = None, by: Names = None) -> pd.DataFrame:
        """Give the interval in which the true sum lies, by the rule of disclosure control alone.

        A hidden count is 0, 1 or 2, hidden full-time persons up to 3; shown full-time persons are rounded by up to 0.5.
        Persons may be the same in several parts: they are at least the largest part. Nothing bounds hidden money.

        Parameters
        ----------
        measure : str, optional
            Column, name or id of a measure; by default all that can be counted.
        by : str or sequence of str, optional
            Columns, index levels or dimensions: one interval for each combination.

        Returns
        -------
        DataFrame
            The columns of `by`, ``measure``, ``value`` (the sum where it is right, hidden where it is not), ``low``,
            ``high``, ``hidden`` and ``rounded`` (numbers of cells) and ``why`` it is no sum, or low and high differ.
            ``high`` is missing where nothing bounds the sum, both where no interval can be given.

        Raises
        ------
        InvalidSumError
            If no interval can be given for any group: rates, totals among their parts, cells not available, filled or
            unknown.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y01h01", by="_akassedp", periods="2025Q04", client=client)
        >>> bounds = df.jobindsats.sum_bounds("Antal sanktioner i alt", by="Periode")
        >>> bounds.columns.to_list()
        ['Periode', 'measure', 'value', 'low', 'high', 'hidden', 'rounded', 'why']
        """
        return totals.sum_bounds(self._frame, measure, by)

    def check_sum(self, by: Names = None) -> pd.DataFrame:
        """Ask whether the sum of each measure would be right, and if not, why; nothing is raised.

        Parameters
        ----------
        by : str or sequence of str, optional
            Columns, index levels or dimensions: one check for each combination.

        Returns
        -------
        DataFrame
            The columns of `by`, ``measure``, ``valid``, ``reasons`` (those of `InvalidSumError`, with commas), ``cells``,
            ``hidden`` and ``why`` in words.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y01h01", periods="2025Q01:2025Q04", client=client)
        >>> check = df.jobindsats.check_sum().set_index("measure")
        >>> check["reasons"]["Antal sanktioner i alt"], check["reasons"]["Andel sanktionerede ledige"]
        ('', 'rate, periods')
        """
        return totals.sum_check(self._frame, by)

    # --- layouts and other programs ----------------------------------------------------------------------------------

    def plain(
        self,
        hidden: float | None = None,
        *,
        periods: Literal["start", "end", "text", "period"] = "start",
        statuses: Literal["columns"] | None = "columns",
    ) -> pd.DataFrame:
        """Turn the frame into ordinary columns that every program takes, with a readable status beside each measure.

        DuckDB, Polars, SQL, JSON, plotly, altair, statsmodels and scikit-learn: `docs/other-programs.md`.

        Parameters
        ----------
        hidden : number, optional
            What to put where a cell is discretionised; its status says so. Missing by default.
        periods : {"start", "end", "text", "period"}
            Columns of periods, and levels of the index, as midnight of the first or last day (``datetime64``), as text such
            as ``2026M05``, or as they are, which few other programs take. Types whose days nobody knows become text.
        statuses : {"columns", None}
            None leaves the columns of statuses out.

        Returns
        -------
        DataFrame
            Each measure as ``int64``, or as ``float64`` where a cell is missing (NaN) or the measure has decimals, followed
            by ``<name>_status`` (categorical); a name that is taken is numbered, as in Parquet and CSV. In the long layout
            the column ``status`` that is there already takes that place. Nothing guards sums of these numbers.

        Raises
        ------
        QueryError
            If `hidden` is no number, or `periods` or `statuses` is another word.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y25i06b", "_var13uger", periods=2, client=client)
        >>> [str(dtype) for dtype in df.jobindsats.plain().dtypes]
        ['datetime64[us]', 'category', 'int64', 'category', 'float64', 'category']
        >>> df.jobindsats.plain(periods="text", statuses=None)["Periode"].tolist()[:2]
        ['2026M07', '2026M08']
        """
        return layouts.plain(self._frame, hidden, periods=periods, statuses=statuses)

    def to_long(self) -> pd.DataFrame:
        """Stack the measures: one row for each cell, with the columns ``measure``, ``value`` and ``status``."""
        return layouts.to_long(self._frame)

    def to_wide(self, columns: str | None = None, measure: str | None = None) -> pd.DataFrame:
        """Spread the measures of a long frame, or one measure over the members of a dimension or the periods.

        Parameters
        ----------
        columns : str, optional
            A dimension or the column of periods: each of its members becomes a column. By default each measure does.
        measure : str, optional
            Column, name or id of the measure to lay out; needed where there are several.

        Returns
        -------
        DataFrame
            With `columns`, the other labels are the index, in the order of the data bank, and columns bear the names of
            the members, or of the periods such as ``2026M05``. Cells are guarded as before and the source is kept. Where
            the frame has no row there is a hole, which is not 0. A wide frame without `columns` comes back as it is; a
            measure's cells whose row is gone are *not available*.

        Raises
        ------
        QueryError
            If there is no such dimension or measure, if there are several measures, or several rows for one place.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=2, client=client)
        >>> measure = "Antal efterlønsbidragsbetalere"
        >>> df.jobindsats.to_wide("Periode", measure).columns.to_list()
        ['2024Y01', '2025Y01']
        >>> df.jobindsats.to_wide("Område", measure).columns.to_list()
        ['Odense', 'Aarhus']
        """
        return layouts.to_wide(self._frame, columns, measure)

    def sdmx(self) -> pd.DataFrame:
        """Turn measures into ordinary numbers, each followed by its SDMX codes OBS_STATUS and CONF_STATUS.

        Each measure is followed by ``<name>_OBS_STATUS`` and ``<name>_CONF_STATUS``, in the long layout by the bare codes' names.
        OBS_STATUS: A normal, Q suppressed, O not available, M nothing counted, D rounded, E derived, I filled.
        CONF_STATUS: F free, C confidential.
        """
        return layouts.sdmx(self._frame)

    def to_parquet(self, path: str | os.PathLike[str] | IO[bytes], partition_by: Names = None) -> None:
        """Write Parquet that every program opens, and that `jobindsats_pandas.read_parquet` restores exactly.

        Plain numbers, null where nothing is shown, each with a readable status column; periods as text such as
        ``2026M05`` with their first day beside them; source and citation in the file's metadata.

        Parameters
        ----------
        path : str, Path or file object
            A file, an address that fsspec knows (``s3://bucket/x.parquet``) or an open file; with `partition_by` a
            directory, which is replaced if it was written here before and holds nothing else. Other programs read it as
            one table: ``"folder/**/*.parquet"`` for DuckDB and Polars.
        partition_by : str or sequence of str, optional
            Columns of labels, or the dimensions that stand in them: one file for each combination.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client, tempfile.TemporaryDirectory() as directory:
        ...     df = ji.read_jobindsats("y25i06b", "_var13uger", periods=2, client=client)
        ...     df.jobindsats.to_parquet(pathlib.Path(directory, "x.parquet"))
        ...     pd.read_parquet(pathlib.Path(directory, "x.parquet")).columns.to_list()[:2]
        ['Periode', 'Periode_start']
        """
        framed = Framed(self._frame)
        columns = [
            name if name in self._frame.index.names else framed.columns("partition_by", [name])[0]
            for name in arguments.labels("partition_by", partition_by)
        ]
        parquet.to_parquet(self._frame, path, columns, notes=provenance.notes(self._frame))

    def to_arrow(self) -> pa.Table:
        """Give the columns that `to_parquet` writes as a table of Arrow, in memory.

        DuckDB, Polars, Ibis, DataFusion and pyarrow take it as it is, and ``df.jobindsats`` too (``__arrow_c_stream__``).

        Returns
        -------
        pyarrow.Table
            Plain numbers (``int64`` or ``double``), null where nothing is shown, each followed by ``<name>_status``;
            periods as text such as ``2026M05`` followed by ``<name>_start``, their first day; labels as dictionaries of
            text. Source and citation stand in the schema's metadata. Nothing guards sums of these numbers.

        Raises
        ------
        QueryError
            If a column is of a type that other programs cannot read.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y25i06b", "_var13uger", periods=2, client=client)
        >>> df.jobindsats.to_arrow().column_names[:2]
        ['Periode', 'Periode_start']
        """
        return parquet.to_arrow(self._frame, notes=provenance.notes(self._frame))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand `to_arrow` over to whoever speaks Arrow: ``polars.DataFrame(df.jobindsats)``."""
        stream: object = self.to_arrow().__arrow_c_stream__(requested_schema)
        return stream

    def to_excel(
        self,
        path: str | os.PathLike[str] | IO[bytes] | pd.ExcelWriter[Any],
        *,
        sheet_name: str = "Data",
    ) -> None:
        """Write an Excel workbook: the data in Danish number style, hidden cells as marks, and a sheet on the source.

        Parameters
        ----------
        path : str, Path, file object or pandas.ExcelWriter
            A file is written whole or not at all; an address such as ``s3://bucket/x.xlsx`` is fsspec's. An open
            ``pd.ExcelWriter(path, engine="openpyxl")`` takes several frames, and sheets of your own, with one sheet on the
            sources of all.
        sheet_name : str, default "Data"

        Raises
        ------
        ConfigurationError
            Without openpyxl (``pip install openpyxl``), or where an ExcelWriter uses another engine.
        QueryError
            If a sheet cannot be called so, or there is one; if the ending tells of another sort of file.
        TooLargeError
            If the frame has more rows or columns than a sheet; nothing is written.

        Notes
        -----
        Numbers are numbers, shown with the thousands point and decimal comma of a Danish Excel (or as the reader's own Excel
        is set); dates are dates; periods are text such as ``2026M05``, followed by ``<name>_start``, their first day.
        Hidden cells are text, ``<3``, ``≤3``, ``skjult`` or ``foreligger ikke``, in a style of their own: ``+`` fails on
        them; ``SUM`` passes them over, which a note on the column's heading and the second sheet say. Text is always text,
        never a formula.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client, tempfile.TemporaryDirectory() as directory:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=2, client=client)
        ...     df.jobindsats.to_excel(pathlib.Path(directory, "x.xlsx"))
        ...     len(pd.read_excel(pathlib.Path(directory, "x.xlsx")))
        4
        """
        from jobindsats_pandas import exports

        exports.to_excel(self._frame, path, sheet_name=sheet_name)

    def to_csv(self, path: str | os.PathLike[str] | IO[Any], *, danish: bool = False) -> None:
        """Write CSV with the statuses beside the numbers.

        Parameters
        ----------
        path : str, Path or file object
            A file is written whole or not at all; an address such as ``s3://bucket/x.csv`` is fsspec's. A file that is open
            for text gets the text, without a byte order mark.
        danish : bool, default False
            For a Danish Excel: semicolons, decimal comma, dates as ``31-12-2026``, Danish statuses and a byte order mark, so
            that a double click opens it right. Names that Excel would take for formulas get an apostrophe before them.
            Otherwise commas, decimal points, ISO dates, and every name exactly as it is.

        Raises
        ------
        QueryError
            If the ending tells of another sort of file.

        Notes
        -----
        Periods are text such as ``2026M05``, followed by ``<name>_start``, their first day. Each guarded column is followed
        by ``<name>_status``; where nothing is shown, the number is empty. Numbers are written with all their digits.

        Where columns are members or periods, as ``to_wide(columns=…)`` makes them, the Danish file is a sheet to look at:
        marks such as ``<3`` stand where a number is hidden, instead of columns of statuses, and measure and source beneath.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client, tempfile.TemporaryDirectory() as directory:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=2, client=client)
        ...     df.jobindsats.to_csv(pathlib.Path(directory, "x.csv"), danish=True)
        ...     pathlib.Path(directory, "x.csv").read_text(encoding="utf-8-sig")[:31]
        'Periode;Periode_start;Område;An'
        """
        from jobindsats_pandas import exports

        exports.to_csv(self._frame, path, danish=danish)

    # --- pictures ----------------------------------------------------------------------------------------------------

    def plot(
        self,
        measure: str | None = None,
        by: str | None = None,
        kind: Literal["line", "bar", "stacked", "area", "heatmap", "slope", "tiles"] | None = None,
        *,
        share: bool = False,
        totals: bool | None = None,
        geometry: Any = None,
        language: Literal["da", "en"] = "da",
        ax: Axes | None = None,
    ) -> Axes:
        """Draw a measure: lines over time, bars for one period, hidden cells as bands from 0 to the rule's limit.

        Needs matplotlib: ``pip install matplotlib``. All kinds, as pictures: ``docs/pictures.md``.

        Parameters
        ----------
        measure : str, optional
            Column, name or id of a measure; needed where the frame has several.
        by : str or sequence of str, optional
            Dimensions to tell apart: a line or bar for each of their members. By default every dimension in which the
            cells differ. A dimension that is not named stands at its total.
        kind : {"line", "bar", "stacked", "area", "heatmap", "slope", "tiles"}, optional
            By default lines, and bars where there is one period only. ``"stacked"`` and ``"area"`` put the parts of each
            period on top of each other, if they add; ``"heatmap"`` has a row for each member and a column for each period;
            ``"slope"`` goes from the first period to the last; ``"tiles"`` is Denmark, each of the 98 municipalities a tile.
        share : bool, default False
            Of stacked parts, show how many per cent of the sum each is.
        totals : bool, optional
            Whether to draw totals and subtotals beside their parts. By default those that the question named, as
            ``by={"Kommune": ["Hele landet", "Aarhus"]}`` does, and none in a stack or on a map.
        geometry : GeoDataFrame, optional
            Shapes to draw as a map, with the codes of municipalities or regions (``"0751"``, ``"751"`` or 751) or their
            names in some column or the index. geopandas is not needed otherwise.
        language : {"da", "en"}, default "da"
            Of everything that is not a name of the data bank.
        ax : Axes, optional
            Where to draw; by default a figure of its own, which pyplot does not know of. A figure without a layout, as
            ``plt.subplots()`` makes it, gets the layout ``"tight"``, so that nothing is cut off; so few members are drawn
            that their names fit.

        Returns
        -------
        Axes
            A notebook shows its picture; ``ax.figure.savefig("x.png")`` writes it.

        Raises
        ------
        QueryError
            If the measure or the dimensions do not exist or are not settled, or there is nothing to draw; for a map, if the
            frame holds no areas.
        InvalidSumError
            If what is to be stacked does not add (persons, rates, totals among their parts), with the reason.
        ProvenanceError
            If it is not known which cells of a table the numbers are.
        ImportError
            If matplotlib is missing.

        Notes
        -----
        A hidden count is drawn as a band from 0 to the largest number that the rule allows: 2 for persons, stocks and
        flows, 3 for rounded full-time persons; a rounded cell from 0 to what is shown. Where no rule bounds the cell (rates,
        money), or where the band is too thin to be seen on the axis, a hatched mark below the axis' lowest number tells of
        it. A cell that is not published yet is absent from the picture, and a foot note counts it. A combination with the
        status ``ABSENT`` is 0; one without a row is not drawn but counted (``complete=True`` reads them all).

        In a stack the hidden parts of a period lie on top, together, as a band of what they can be at most. No total is drawn,
        and shares are never of a published one: it would show what is hidden. Where cells are hidden, shares are of the sum
        with each of them at its highest, so that a part shown is at least as large as drawn.

        A line breaks where the frame lacks a period of the table. Where the table itself has none (y25i14 has some months
        only), a dotted line bridges the gap, and a foot note tells how many periods there are.

        Of more than 8 lines (25 bars) the largest are drawn, by the mean of their visible cells, and a foot note tells how
        many are not, naming members such as "Uoplyst område" among them. Members keep the order of the metadata, except
        where some are left out: then the largest come first.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=2, client=client)
        >>> axes = df.jobindsats.plot("Antal efterlønsbidragsbetalere", by="Område")
        >>> len(axes.get_lines()) >= 2
        True
        """
        from jobindsats_pandas import plotting

        axes: Axes = plotting.plot(
            self._frame,
            measure,
            by,
            kind,
            share=share,
            totals=totals,
            geometry=geometry,
            language=language,
            ax=ax,
        )
        return axes

    def plot_audit(
        self, by: str | None = None, *, language: Literal["da", "en"] = "da", ax: Axes | None = None
    ) -> Axes:
        """Draw where the hidden cells are; where none is, the picture says so.

        Parameters
        ----------
        by : str, optional
            A dimension, or ``"measure"``; by default whatever the hidden share differs most by.
        language : {"da", "en"}, default "da"
        ax : Axes, optional
            Where to draw; a figure of its own by default.

        Notes
        -----
        The share is of the cells that have a number: those not available yet and those left out by the API (0) are neither
        hidden nor shown. Cells that the agency rounded, and hidden ones that were filled in since, are coloured like hidden
        ones; the foot note counts them apart. Of more than 25 members those with most hidden cells are drawn, and a foot
        note tells of the others.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=2, client=client)
        >>> df.jobindsats.plot_audit().get_title(loc="left").splitlines()[0]
        'Hvor tallene er skjult'
        """
        from jobindsats_pandas import plotting

        axes: Axes = plotting.plot_audit(self._frame, by, language=language, ax=ax)
        return axes

    # --- areas and time ----------------------------------------------------------------------------------------------

    def with_codes(
        self, columns: Names = None, style: Literal["dst", "statbank"] | type[int] = "dst"
    ) -> pd.DataFrame:
        """Add the codes of Statistics Denmark beside each column of municipalities or regions.

        Parameters
        ----------
        columns : str or sequence of str, optional
            Area columns; all of them by default.
        style : {"dst", "statbank", int}
            Text of four digits as in the classification (``"0101"``, ``"1084"`` for a region), text of three digits as in
            the tables of StatBank (``"101"``, ``"084"``), or whole numbers (101, 1084).

        Returns
        -------
        DataFrame
            A copy. The codes of ``Område`` stand right of it in ``Områdekode``, as ``str`` or ``Int64``. Members that are
            neither municipality nor region have none (missing). With ``"statbank"``, periods get theirs too:
            ``Periodekode`` has ``2026M08``, ``2026K3`` or ``2026``; none for types that StatBank does not have.

        Raises
        ------
        ProvenanceError
            If there is no column of areas.
        QueryError
            If a column named does not exist, or the column of codes exists already with other content.

        Warns
        -----
        QueryWarning
            If parts of a level, such as "Uoplyst område", have no code: a join on it loses them.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=2, client=client)
        >>> df.jobindsats.with_codes()["Områdekode"].unique().tolist()
        ['0461', '0751']
        >>> df.jobindsats.with_codes(style="statbank").iloc[0, :4].to_list()
        [Period('2024', 'Y-DEC'), '2024', 'Odense', '461']
        """
        return areas.with_codes(self._frame, columns, style)

    def with_regions(self, columns: Names = None) -> pd.DataFrame:
        """Add the region that each municipality belongs to.

        Parameters
        ----------
        columns : str or sequence of str, optional
            Area columns; all of them by default.

        Returns
        -------
        DataFrame
            A copy. ``Region``, a categorical, stands right of the column of areas (of several columns, ``<name>: region``);
            a region is of itself; others are of none, and a warning names those that are parts of a level. Sums by it are
            guarded; where the table publishes regions, ``by="_region"`` reads what no sum of municipalities gives.

        Raises
        ------
        ProvenanceError
            If there is no column of areas.
        QueryError
            If a column named does not exist, or there is a column of that name with other content.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=1, client=client)
        >>> df.jobindsats.with_regions()["Region"].to_list()
        ['Region Syddanmark', 'Region Midtjylland']
        """
        return areas.with_regions(self._frame, columns)

    def timestamps(self, how: Literal["start", "end"] = "start") -> pd.DataFrame:
        """Turn periods into timestamps: midnight of their first or last day.

        Parameters
        ----------
        how : {"start", "end"}

        Returns
        -------
        DataFrame
            A copy, every column of periods as ``datetime64``. Periods to date (``2026MYTD03``) start on 1 January, rolling
            years (``2026QMAT01``, a year to the end of that quarter) on the first day of the twelve months they cover.

        Raises
        ------
        QueryError
            If periods are of a type whose length is not known.
        ProvenanceError
            If there is no column of periods.

        Examples
        --------
        >>> import jobindsats_pandas as ji
        >>> with ji.sandbox_client() as client:
        ...     df = ji.read_jobindsats("y28a15", by={"_nykom": ["Aarhus", "Odense"]}, periods=2, client=client)
        >>> df.jobindsats.timestamps("end")["Periode"].max()
        Timestamp('2025-12-31 00:00:00')
        """
        return areas.timestamps(self._frame, how)

    # --- where it comes from -----------------------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        """Where the frame comes from: table, link to its page, latest update, when it was fetched, the query."""
        return provenance.source(self._frame)

    def cite(self) -> Citation:
        """Cite the frame: ``.text`` and ``.bibtex``; printed, both."""
        return provenance.cite(self._frame)


@pd.api.extensions.register_series_accessor("jobindsats")
class SeriesAccessor:
    """What makes sense of one column: statuses, sums, ordinary numbers.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     df = ji.read_jobindsats("y01h01", by="_akassedp", periods="2025Q04", client=client)
    >>> df["Antal sanktioner i alt"].jobindsats.is_discretionised.dtype
    dtype('bool')
    """

    def __init__(self, series: pd.Series) -> None:
        if not isinstance(series.dtype, DiscretionisedDtype):
            raise AttributeError(  # noqa: TRY004 - what pandas asks of an accessor
                f"This series is {series.dtype}, not discretionised, so series.jobindsats has nothing to work on."
                " Columns of measures from ji.read_jobindsats and ji.read_parquet are."
            )
        self._series = series

    def _as_frame(self) -> pd.DataFrame:
        return self._series.to_frame("value" if self._series.name is None else self._series.name)

    @property
    def status(self) -> pd.Series:
        """The status of every cell, categorical."""
        return self._named(layouts.status(self._as_frame()).iloc[:, 0])

    @property
    def is_discretionised(self) -> pd.Series:
        """Where a cell is hidden by disclosure control."""
        return self._named(layouts.is_discretionised(self._as_frame()).iloc[:, 0])

    def _named(self, made: pd.Series) -> pd.Series:
        made.name = self._series.name
        return made

    def sum_bounds(self) -> pd.DataFrame:
        """Give the interval in which the true sum lies: ``measure``, ``value``, ``low``, ``high``, ``hidden``, ``rounded``, ``why``.

        Raises
        ------
        InvalidSumError
            If no interval can be given.
        """
        return totals.sum_bounds(self._series)

    def check_sum(self) -> pd.DataFrame:
        """Ask whether the sum would be right, and if not, why: ``measure``, ``valid``, ``reasons``, …; one row."""
        return totals.sum_check(self._series)

    def plain(
        self,
        hidden: float | None = None,
        *,
        periods: Literal["start", "end", "text", "period"] = "start",
        statuses: Literal["columns"] | None = "columns",
    ) -> pd.DataFrame:
        """Turn it into ordinary numbers, with a readable status column beside them, as `FrameAccessor.plain`."""
        return layouts.plain(self._as_frame(), hidden, periods=periods, statuses=statuses)


def frame(df: pd.DataFrame) -> FrameAccessor:
    """Give ``df.jobindsats`` with its type, so that editors and type checkers know the methods and what they return.

    Raises
    ------
    ProvenanceError
        If the frame has no discretionised columns.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     df = ji.read_jobindsats("y01h01", by="A-kasse", periods=1, client=client)
    >>> ji.frame(df).audit().summary == df.jobindsats.audit().summary
    True
    """
    try:
        return FrameAccessor(arguments.frame("df", df))
    except AttributeError as error:
        raise ProvenanceError(str(error)) from None
