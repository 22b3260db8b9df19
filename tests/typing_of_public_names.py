"""Checked by mypy, never run: the public names have the types that a user's own code relies on.

Each wrong call bears the error that it has to be: where one is none any more, the comment is unused, which fails.
"""

from __future__ import annotations

from typing import Any, assert_type

import pandas as pd

import jobindsats_pandas as ji

client = ji.Client(token="abc", base_url="https://api.jobindsats.dk/v3", cache_dir="cache", connections=2)
df = ji.read_jobindsats("y25i01", by={"_nykom": "*"}, periods="latest:12", client=client)
assert_type(df, pd.DataFrame)
assert_type(
    ji.read_jobindsats("y25i01", by=["_nykom", "A-kasse"], measures="Antal ledige personer"), pd.DataFrame
)
assert_type(ji.plan("y25i01", by="_nykom"), ji.Plan)
assert_type(ji.tables("ledighed"), pd.DataFrame)
assert_type(ji.subjects(), pd.DataFrame)
assert_type(ji.table("y25i01"), ji.Table)
assert_type(ji.table("y25i01").members("_nykom"), pd.DataFrame)
assert_type(ji.compare(df, df), ji.Revisions)
assert_type(ji.update("x.parquet", releases="kept"), ji.Revisions)
assert_type(ji.export("y25i01", "folder", by="_nykom", client=client), int)
assert_type(ji.revision_triangle("kept", "Antal ledige personer", {"Område": "Aarhus"}), pd.DataFrame)
ji.plot_revision_triangle(df, ax=None)
assert_type(ji.due("x.parquet", client=client), pd.DataFrame)
assert_type(
    ji.read_parquet("folder", filters=[("Periode", ">=", "2025M01")], columns=["Periode"]), pd.DataFrame
)
assert_type(ji.concat([df, df]), pd.DataFrame)
assert_type(ji.InvalidSumError("no").reason, str)
assert_type(client.cache.clear(table="y25i01"), int)
with ji.allow_sums():
    pass
with ji.sandbox_client() as local, ji.sandbox.serve() as api:
    assert_type(local, ji.Client)
    assert_type(api.token, str)
error: ji.errors.JobindsatsError = ji.errors.QueryError("no")

accessor = ji.frame(df)
assert_type(accessor.audit(), ji.Audit)
assert_type(accessor.official_total("Antal ledige personer", over="A-kasse"), pd.DataFrame)
assert_type(accessor.parts("Område"), pd.DataFrame)
assert_type(accessor.sum_bounds(by=["Periode", "Område"]), pd.DataFrame)
assert_type(accessor.source.query, str)
assert_type(accessor.cite().text, str)
accessor.to_parquet("x.parquet", partition_by="Periode")


def wrong_calls(anything: Any) -> None:
    ji.read_jobindsat("y25i01")  # type: ignore[attr-defined]
    ji.tabels("ledighed")  # type: ignore[attr-defined]
    ji.read_jobindsats("y25i01", period="latest:12")  # type: ignore[call-arg]
    ji.read_jobindsats(25)  # type: ignore[arg-type]
    ji.Client(tokn="abc")  # type: ignore[arg-type]
    ji.plan("y25i01").celler  # type: ignore[attr-defined]  # noqa: B018
    ji.table("y25i01").hierarki("_nykom")  # type: ignore[attr-defined]
    ji.frame(anything).part("Område")  # type: ignore[attr-defined]
    ji.frame(anything).level("Område")  # type: ignore[call-arg]
    ji.frame(anything).official_total(over=5)  # type: ignore[arg-type]
    ji.frame("y25i01")  # type: ignore[arg-type]
    ji.errors.QueryErorr  # type: ignore[attr-defined]  # noqa: B018
    ji.sandbox.server_it()  # type: ignore[attr-defined]
