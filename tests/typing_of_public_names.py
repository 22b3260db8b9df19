"""Checked by mypy, never run: the public names have the types that a user's own code relies on."""

from __future__ import annotations

from typing import assert_type

import pandas as pd

import jobindsats_pandas as ji
from jobindsats_pandas.metadata import Table
from jobindsats_pandas.queries import Plan

client = ji.Client(token="abc", base_url="https://api.jobindsats.dk/v3", cache_dir="cache", connections=2)
assert_type(
    ji.read_jobindsats("y25i01", by={"_nykom": "*"}, periods="latest:12", client=client), pd.DataFrame
)
assert_type(
    ji.read_jobindsats("y25i01", by=["_nykom", "A-kasse"], measures="Antal ledige personer"), pd.DataFrame
)
assert_type(ji.plan("y25i01", by="_nykom"), Plan)
assert_type(ji.tables("ledighed"), pd.DataFrame)
assert_type(ji.subjects(), pd.DataFrame)
assert_type(ji.table("y25i01"), Table)
assert_type(ji.table("y25i01").members("_nykom"), pd.DataFrame)
assert_type(ji.InvalidSumError("no").reason, str)
assert_type(client.cache.clear(table="y25i01"), int)
with ji.allow_sums():
    pass
