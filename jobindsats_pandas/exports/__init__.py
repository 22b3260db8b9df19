"""Files for people: a workbook for Excel, and CSV, plain or for Danish Excel.

Hidden cells are never empty without a word: a workbook shows them as text in a style of their own, a CSV file has a
column of statuses beside each column of numbers. Parquet (`parquet`) is the format that keeps everything.
"""

from __future__ import annotations

from jobindsats_pandas.exports.excel import to_excel
from jobindsats_pandas.exports.text import to_csv

__all__ = ["to_csv", "to_excel"]
