"""Every way to add numbers up in pandas that we know of, each run on six columns, and everyday operations.

A column with hidden cells, visible persons, a rate, a mixture of levels, a mixture of measures: in these, a sum that
goes through is a wrong number. And a column that may be summed, where a refusal is wrong. Each recipe is also run
on plain numbers, which tells what the wrong number would be.
"""

from __future__ import annotations

import functools
import io
import itertools
import math
import operator
import re
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import adding
import everyday
import numpy as np
import pandas as pd
import pytest

RECIPES = {
    "sum, agg, apply, eval": """
s.sum()
s.sum(skipna=False)
s.sum(min_count=1)
s.array.sum()
s.values.sum()
df.sum(numeric_only=True)
df[['antal']].sum()
df[['antal']].sum(axis=0)
df[['antal']].sum(axis=None)
wide.sum()
wide.sum(axis=1)
wide.sum(axis=None)
wide.sum().sum()
wide.sum(axis=1).sum()
wide.sum(min_count=1)
wide.sum(skipna=True)
s.agg('sum')
s.agg(np.sum)
s.agg(['sum', 'max'])
s.agg({'x': 'sum'})
s.agg(lambda x: x.sum())
s.aggregate('sum')
s.apply('sum')
s.pipe(lambda x: x.sum())
s.pipe(np.sum)
df.agg({'antal': 'sum'})
df[['antal']].agg('sum')
df[['antal']].agg(['sum'])
df.agg(t=('antal', 'sum'))
wide.agg('sum', axis=1)
wide.agg(['sum', 'max'])
wide.apply(np.sum)
wide.apply('sum')
wide.apply(lambda c: c.sum())
wide.apply(np.sum, axis=1)
wide.apply('sum', axis=1)
wide.apply(lambda r: r.sum(), axis=1)
df.eval('antal.sum()')
df.eval('t = antal.sum()').t
pd.eval('df.antal.sum()')
df.select_dtypes('number').sum()
df.set_index('kommune').antal.sum()
df[['antal']].squeeze().sum()
df.iloc[:, -1].sum()
df.loc[:, 'antal'].sum()
df.get('antal').sum()
df.query('antal >= 0 or antal != antal').antal.sum()
""",
    "numpy and builtins": """
np.sum(s)
np.sum(s.array)
np.sum(s.values)
np.sum(df[['antal']])
np.sum(wide, axis=0)
np.sum(wide, axis=1)
np.sum(wide)
np.nansum(s)
np.nansum(s.array)
np.nansum(s.values)
np.nancumsum(s)
np.cumsum(s)
np.cumsum(s.array)
np.add.reduce(s)
np.add.reduce(s.array)
np.add.reduce(s.values)
np.add.accumulate(s)
np.add.accumulate(s.array)
np.add.reduceat(s.array, [0, 5])
np.add(a, b)
np.add(a.array, b.array)
sum(s)
sum(s.array)
sum(s.values)
sum(s.tolist())
sum(list(s))
sum(iter(s))
sum(x for x in s)
sum(map(lambda x: x, s))
sum([*s])
sum(value for _, value in s.items())
sum(row.antal for row in df.itertuples())
sum(row['antal'] for _, row in df.iterrows())
sum(df.loc[i, 'antal'] for i in df.index)
sum(s.iat[i] for i in range(len(s)))
sum(s, start=0)
functools.reduce(operator.add, s)
functools.reduce(lambda x, y: x + y, s.tolist())
list(itertools.accumulate(s))[-1]
s.dot(ones)
s @ ones
s.dot(pd.Series(ones))
pd.Series(ones).dot(s)
pd.Series(ones).dot(df[['antal']]).iloc[0]
(pd.DataFrame([ones]) @ df[['antal']]).iloc[0, 0]
(df[['antal']].T @ ones).iloc[0]
added_in_place(s)
ones @ s.values
np.matmul(s.values, ones)
np.einsum('i->', s)
np.einsum('i,i->', s, ones)
np.average(s) * len(s)
np.average(s, weights=ones) * len(s)
np.trapezoid(s, dx=1) + 0
np.convolve(s, ones)
wide.values.sum()
wide.to_numpy().sum()
np.add.reduce(wide.values, axis=0)
""",
    "groupby, pivot_table, crosstab, resample": """
df.groupby('gruppe').antal.sum()
df.groupby('gruppe')['antal'].sum()
df.groupby('gruppe')[['antal']].sum()
df.groupby('gruppe').sum(numeric_only=True)
df.groupby('gruppe', as_index=False).antal.sum()
df.groupby('gruppe', sort=False).antal.sum()
df.groupby(['gruppe', 'land']).antal.sum()
df.groupby(df.gruppe.values).antal.sum()
df.groupby(lambda i: 0).antal.sum()
df.groupby('land').antal.sum()
df.groupby('kommune', observed=True).antal.sum()
df.groupby('gruppe').antal.sum(min_count=1)
df.groupby('gruppe').agg('sum', numeric_only=True)
df.groupby('gruppe').antal.agg('sum')
df.groupby('gruppe').antal.agg(np.sum)
df.groupby('gruppe').antal.agg(sum)
df.groupby('gruppe').antal.agg(lambda x: x.sum())
df.groupby('gruppe').antal.agg(lambda x: sum(x))
df.groupby('gruppe').antal.agg(lambda x: np.sum(x))
df.groupby('gruppe').antal.agg(lambda x: np.nansum(x))
df.groupby('gruppe').antal.agg(['sum', 'max'])
df.groupby('gruppe').antal.agg(t='sum')
df.groupby('gruppe').agg(t=('antal', 'sum'))
df.groupby('gruppe').agg(t=('antal', lambda x: x.sum()))
df.groupby('gruppe').agg({'antal': 'sum'})
df.groupby('gruppe').agg({'antal': ['sum', 'count']})
df.groupby('gruppe').antal.apply(lambda x: x.sum())
df.groupby('gruppe').antal.apply(np.sum)
df.groupby('gruppe').antal.apply(sum)
df.groupby('gruppe')[['antal']].apply(lambda g: g.antal.sum())
df.groupby('gruppe')[['antal']].apply(lambda g: g.sum())
df.groupby('gruppe').antal.transform('sum')
df.groupby('gruppe').antal.transform(lambda x: x.sum())
df.groupby('gruppe').antal.transform(np.sum)
df.groupby('gruppe').antal.cumsum()
df.groupby('gruppe').antal.transform('cumsum')
df.groupby('gruppe').antal.pipe(lambda g: g.sum())
pd.Series({name: g.antal.sum() for name, g in df.groupby('gruppe')})
s.groupby(df.gruppe).sum()
s.groupby(df.gruppe).agg('sum')
s.groupby(level=0).sum()
s.groupby(lambda i: i % 2).sum()
df.pivot_table(index='gruppe', values='antal', aggfunc='sum')
df.pivot_table(index='gruppe', columns='maaned', values='antal', aggfunc='sum')
df.pivot_table(index='gruppe', values='antal', aggfunc=np.sum)
df.pivot_table(index='gruppe', values='antal', aggfunc=lambda x: x.sum())
df.pivot_table(index='gruppe', columns='maaned', values='antal', aggfunc='sum', fill_value=0)
df.pivot_table(index='kommune', columns='maaned', values='antal', aggfunc='sum', margins=True, observed=True)
df.pivot_table(index='gruppe', values='antal', aggfunc={'antal': 'sum'})
pd.crosstab(df.gruppe, df.maaned, values=df.antal, aggfunc='sum')
pd.crosstab(df.gruppe, df.maaned, values=df.antal, aggfunc='sum', margins=True)
pd.crosstab(df.gruppe, df.maaned, values=df.antal, aggfunc=np.sum, normalize='all')
dated.resample('YE').antal.sum()
dated.resample('YE').antal.agg('sum')
dated.resample('YE').antal.apply(lambda x: x.sum())
dated.antal.resample('YE').sum()
dated.groupby(pd.Grouper(freq='YE')).antal.sum()
dated.groupby([pd.Grouper(freq='YE'), 'gruppe']).antal.sum()
df.set_index(['gruppe', 'kommune']).antal.groupby(level='gruppe').sum()
df.groupby(pd.cut(np.arange(len(df)), 2), observed=True).antal.sum()
df.groupby('gruppe').antal.sum().sum()
df.groupby('gruppe').get_group('stor').antal.sum()
""",
    "windows": """
s.rolling(3).sum()
s.rolling(3, min_periods=1).sum()
s.rolling(3, min_periods=1, center=True).sum()
s.rolling(3).agg('sum')
s.rolling(3, min_periods=1).agg(np.sum)
s.rolling(3, min_periods=1).apply(np.sum)
s.rolling(3, min_periods=1).apply(np.nansum)
s.rolling(3, min_periods=1).apply(np.nansum, raw=True)
s.rolling(3, min_periods=1).apply(lambda x: x.sum())
s.rolling(3, min_periods=1).agg(['sum', 'mean'])
s.rolling(3, win_type='boxcar', min_periods=1).sum()
df[['antal']].rolling(3, min_periods=1).sum()
df.rolling(3, min_periods=1).antal.sum()
wide.rolling(2, min_periods=1).sum()
s.expanding().sum()
s.expanding().agg('sum')
s.expanding().apply(np.nansum)
df[['antal']].expanding().sum()
s.ewm(alpha=0.5).sum()
dated.antal.rolling('900D').sum()
df.groupby('gruppe').antal.rolling(2, min_periods=1).sum()
df.groupby('gruppe').antal.expanding().sum()
s.cumsum()
df[['antal']].cumsum()
wide.cumsum()
wide.cumsum(axis=1)
s.cumsum(skipna=False)
s.transform('cumsum')
s.agg('cumsum')
s.apply('cumsum')
""",
    "a + b": """
a + b
b + a
a.add(b)
a.radd(b)
a.add(b, fill_value=0)
a.array + b.array
operator.add(a, b)
sum([a, b])
functools.reduce(operator.add, [a, b])
pair.eval('a + b')
pd.eval('a + b')
pair.assign(t=lambda d: d.a + d.b).t
pair.a + pair['b']
pair[['a']].add(pair.b, axis=0)
pair[['a']].rename(columns={'a': 'x'}) + pair[['b']].rename(columns={'b': 'x'})
a.combine(b, operator.add)
a.combine(b, lambda x, y: x + y)
pair.apply(lambda r: r.a + r.b, axis=1)
pair.apply(lambda r: r['a'] + r['b'], axis=1)
pair.assign(navn='x').apply(lambda r: r.a + r.b, axis=1)
pd.Series([x + y for x, y in zip(a, b)])
pd.Series([x + y for x, y in zip(a.tolist(), b.tolist())])
a - (0 - b)
a.iloc[0] + b.iloc[0]
a.iloc[-1] + b.iloc[-1]
pair.sum(axis=1)
(a + b).sum()
(a.fillna(0) + b.fillna(0)).sum()
a.sum() + b.sum()
""",
    "filling, dropping, replacing": """
s.fillna(0).sum()
s.fillna(1).sum()
s.fillna(2.0).sum()
s.fillna(s.mean().round()).sum()
s.fillna(pd.Series(0, index=s.index)).sum()
s.fillna({i: 0 for i in s.index}).sum()
df.fillna({'antal': 0}).antal.sum()
df.fillna({'antal': 1}).antal.sum()
df[['antal']].fillna(0).sum()
wide.fillna(0).sum()
wide.fillna(0).sum(axis=1)
wide.fillna(1).sum(axis=None)
s.fillna(0).groupby(df.gruppe).sum()
s.fillna(0).cumsum()
s.fillna(0).rolling(3).sum()
s.fillna(0).agg('sum')
np.sum(s.fillna(0))
sum(s.fillna(0))
np.nansum(s.fillna(0))
s.fillna(0, limit=9).sum()
s.dropna().sum()
s.dropna().cumsum()
s.dropna().agg('sum')
s.dropna().groupby(df.gruppe).sum()
np.sum(s.dropna())
sum(s.dropna())
s[s.notna()].sum()
s[~s.isna()].sum()
s.loc[s.notna()].sum()
s[s == s].sum()
s[s > 0].sum()
s[s.gt(0)].sum()
s.iloc[np.flatnonzero(s.notna())].sum()
s.array[~s.isna()].sum()
s.array.dropna().sum()
s.compress(s.notna()).sum() if hasattr(s, 'compress') else s[s.notna()].sum()
df.dropna().antal.sum()
df.dropna(subset=['antal']).antal.sum()
df[df.antal.notna()].antal.sum()
df[df.antal > 0].antal.sum()
df.query('antal > 0').antal.sum()
df.query('antal == antal').antal.sum()
df.loc[df.antal.notna(), 'antal'].sum()
df.dropna().groupby('gruppe').antal.sum()
df.dropna().pivot_table(index='gruppe', values='antal', aggfunc='sum')
df.groupby('gruppe').antal.apply(lambda x: x.dropna().sum())
df.groupby('gruppe').antal.apply(lambda x: x.fillna(0).sum())
df.groupby('gruppe').antal.agg(lambda x: x.dropna().sum())
wide.dropna(how='all').sum()
s.where(s.notna(), 0).sum()
s.where(s > 0, 0).sum()
s.where(s > 0).sum()
s.mask(s.isna(), 0).sum()
s.mask(s.isna(), 1).sum()
df.where(df.notna(), 0).antal.sum()
s.case_when([(s.isna(), 0)]).sum()
s.replace(np.nan, 0).sum()
s.replace({np.nan: 1}).sum()
df.replace({'antal': {np.nan: 0}}).antal.sum()
s.ffill().sum()
s.bfill().sum()
s.ffill().bfill().sum()
df.ffill().antal.sum()
df.groupby('gruppe').antal.ffill().sum()
df.groupby('gruppe').antal.bfill().sum()
dated.antal.resample('MS').ffill().sum()
s.interpolate().sum()
s.interpolate(limit_direction='both').sum()
df[['antal']].interpolate().sum()
s.clip(lower=0).sum()
s.clip(0, 10**9).sum()
s.fillna(0).clip(lower=0).sum()
s.combine_first(pd.Series(0, index=s.index)).sum()
s.combine(pd.Series(0, index=s.index), max).sum()
s.fillna(0).mask(s.isna()).sum()
s.map(lambda x: x).sum()
s.map(lambda x: 0 if pd.isna(x) else x).sum()
s.map(lambda x: x, na_action='ignore').sum()
s.apply(lambda x: x).sum()
s.apply(lambda x: x if x == x else 0).sum()
s.transform(lambda x: x).sum()
s.transform(lambda x: x.fillna(0)).sum()
(s * 2).sum()
(2 * s).sum() / 2
(s / 2).sum() * 2
(s * 1).sum()
(s + 0).sum()
(0 + s).sum()
(-s).sum()
(s - 0).sum()
(+s).sum()
abs(s).sum()
s.abs().sum()
s.mul(1).sum()
s.round().sum()
s.copy().sum()
copied(s).sum()
filled_by_hand(s).sum()
filled_by_loc(s).sum()
filled_in_frame(df).antal.sum()
""",
    "casting and reshaping": """
s.astype(s.dtype).sum()
s.astype(object).sum()
pd.to_numeric(s).sum()
s.convert_dtypes().sum()
s.infer_objects().sum()
df.convert_dtypes().antal.sum()
df.infer_objects().antal.sum()
df[['antal']].T.sum()
df[['antal']].T.sum(axis=1)
wide.T.sum()
wide.T.sum(axis=1)
wide.transpose().sum()
df.T.loc['antal'].sum()
df.T.iloc[-1].sum()
df.T.T.antal.sum()
df[['antal']].stack().sum()
wide.stack().sum()
wide.stack(future_stack=True).sum()
wide.unstack().sum()
wide.unstack().groupby(level=0).sum()
wide.stack().groupby(level=0).sum()
wide.melt(ignore_index=False).value.sum()
wide.melt(ignore_index=False).groupby('maaned').value.sum()
wide.reset_index().melt(id_vars='kommune').value.sum()
df.melt(id_vars=['kommune', 'maaned', 'gruppe', 'land']).value.sum()
df.melt(id_vars=['kommune', 'maaned', 'gruppe', 'land']).groupby('gruppe').value.sum()
df.set_index(['kommune', 'maaned']).antal.unstack().sum()
df.set_index(['kommune', 'maaned']).antal.unstack().sum(axis=1)
df.set_index(['kommune', 'maaned']).antal.unstack(fill_value=0).sum()
df.set_index(['gruppe', 'kommune', 'maaned']).antal.unstack(['gruppe', 'maaned']).sum()
df.pivot(index='kommune', columns='maaned', values='antal').sum(axis=1)
df.merge(keys, on='gruppe').antal.sum()
df.merge(keys, on='gruppe').groupby('navn').antal.sum()
df.merge(keys, on='gruppe', how='outer').antal.sum()
df.join(keys.set_index('gruppe'), on='gruppe').antal.sum()
pd.merge(df[['kommune', 'maaned']], df, on=['kommune', 'maaned']).antal.sum()
pd.concat([df.iloc[:5], df.iloc[5:]]).antal.sum()
pd.concat([s.iloc[:5], s.iloc[5:]]).sum()
pd.concat([a, b]).sum()
pd.concat([a, b], axis=1).sum(axis=1)
pd.concat([a, b], keys=['a', 'b']).groupby(level=0).sum()
s.reindex(range(20)).sum()
s.reindex(range(20), fill_value=0).sum()
s.sort_values().sum()
s.sort_index(ascending=False).cumsum()
s.sample(frac=1, random_state=1).sum()
s.head(100).sum()
s[::-1].sum()
s.explode().sum()
s.repeat(1).sum()
s.shift(0).sum()
s.droplevel if False else s.reset_index(drop=True).sum()
s.to_frame().antal.sum()
s.to_frame().T.iloc[0].sum()
df.assign(t=df.antal).t.sum()
df.iloc[:, [-1]].squeeze().sum()
df.set_index('kommune').loc[:, 'antal'].sum()
pd.DataFrame({'x': s}).x.sum()
pd.Series(s).sum()
pd.Series(s.array).sum()
pd.Series(s, dtype=s.dtype).sum()
pd.array(s).sum()
pd.Series(pd.array(s.tolist(), dtype=s.dtype)).sum()
parquet(df).antal.sum()
feather(df).antal.sum()
pickled(df).antal.sum()
""",
    "bypass 1: object columns": """
with_text.apply(lambda r: r[['antal', 'to']].sum(), axis=1)
with_text.apply(lambda r: r[['antal', 'to']].dropna().sum(), axis=1)
with_text.T.loc['antal'].sum()
with_text.T.loc['antal'].dropna().sum()
df.T.loc['antal'].dropna().sum()
pd.Series(s.tolist()).sum()
pd.Series(s.tolist(), dtype=object).sum()
pd.Series(list(s)).dropna().sum()
pd.Series(np.array(s, dtype=object)).sum()
pd.DataFrame(df[['antal']].values).sum()
pd.DataFrame(df.values)[4].sum()
pd.DataFrame(df.to_dict()).antal.sum()
pd.DataFrame(df.to_dict('records')).antal.sum()
pd.DataFrame.from_records(df.to_records()).antal.sum()
pd.concat([s, pd.Series(['tekst'])]).iloc[:-1].sum()
pd.concat([s, pd.Series(['tekst'])]).iloc[:-1].groupby(lambda i: 0).sum()
with_text.melt(id_vars='kommune', value_vars=['antal', 'land']).query("variable == 'antal'").value.sum()
with_text.melt(id_vars='kommune', value_vars=['antal', 'land']).query("variable == 'antal'").groupby('variable').value.sum()
with_text[['antal', 'land']].stack().xs('antal', level=1).sum()
sum(row['antal'] for row in df.to_dict('records'))
sum(df['antal'].to_dict().values())
np.nansum(s.to_numpy(dtype=object))
s.to_numpy(dtype=object).sum()
np.sum(s.to_numpy(dtype=object)[s.notna()])
""",
    "bypass 2: exported to numpy": """
s.astype('Float64').sum()
s.astype('Int64').sum()
s.astype(float).sum()
s.astype('float32').sum()
s.astype(str).replace('<NA>', '0').replace('nan', '0').fillna('0').astype(float).sum()
s.astype('category').astype(float).sum()
s.to_numpy(dtype=float, na_value=0).sum()
s.to_numpy(dtype='float64', na_value=np.nan)[s.notna()].sum()
pd.to_numeric(s.astype(str), errors='coerce').sum()
s.to_numpy().sum()
np.asarray(s).sum()
np.array(s).sum()
np.nansum(s.to_numpy())
np.nansum(np.asarray(s))
np.where(s.isna(), 0, s).sum()
np.nan_to_num(s).sum()
np.ma.masked_invalid(s).sum()
pd.Series(s.to_numpy()).sum()
pd.Series(np.asarray(s), index=df.gruppe).groupby(level=0).sum()
np.bincount(np.zeros(len(s), dtype=int), weights=s)
np.bincount(np.zeros(len(s), dtype=int), weights=s.fillna(0))
np.dot(s, ones)
np.inner(s, ones)
np.vdot(s, ones)
np.histogram(np.zeros(len(s)), bins=1, weights=s)[0]
""",
    "bypass 3: a part of the visible": """
df[df.antal.notna() & (df.gruppe == 'lille')].antal.sum()
df[(df.antal > 0) & (df.maaned == '2026M02')].antal.sum()
two.dropna().antal.sum()
two.dropna().groupby('gruppe').antal.sum()
s.nlargest(9).sum()
s[s > 10].sum()
""",
    "bypass 4: third parties": """
arrow(df)
duckdb(df)
polars(df)
""",
    "bypass 5: by hand": """
sum(x for x in s if pd.notna(x))
sum(x for x in s.tolist() if x == x)
sum(0 if pd.isna(x) else x for x in s)
sum(float(x) for x in s if pd.notna(x))
sum(s, start=0.0)
sum(map(float, s.dropna()))
math.fsum(s)
math.fsum(s.dropna())
s.mode().sum()
s.mean() * s.count()
s.value_counts().reset_index().eval('antal * count').sum()
pd.read_csv(io.StringIO(df.to_csv())).antal.sum()
pd.read_json(io.StringIO(df.to_json())).antal.sum()
excel(df).antal.sum()
sql(df).antal.sum()
s.describe()['mean'] * s.count()
""",
}

SCENARIOS = ("hidden", "persons", "stock", "rate", "levels", "measures")


def surroundings(layout: adding.Layout, column: Any, other: Any) -> dict[str, Any]:
    """Everything that these recipes name."""
    frame = pd.DataFrame(
        {
            "kommune": [f"K{member}" for member in layout.member],
            "maaned": [adding.PERIODS[period] for period in layout.period],
            "gruppe": ["stor"] * 6 + ["lille"] * 6,
            "land": "DK",
            "antal": column,
        }
    )
    first, second = (frame.antal[frame.maaned == period].reset_index(drop=True) for period in adding.PERIODS)
    bare = np.arange(adding.ROWS, dtype=np.float64)
    bare[5] = np.nan
    return {
        "df": frame,
        "s": frame.antal,
        "wide": frame.pivot(index="kommune", columns="maaned", values="antal"),  # noqa: PD010 - it adds nothing up
        "a": first,
        "b": second,
        "pair": pd.DataFrame({"a": first, "b": second}),
        "dated": frame.set_index(pd.date_range("2024-01-01", periods=adding.ROWS, freq="MS")),
        "keys": pd.DataFrame({"gruppe": ["stor", "lille"], "navn": ["Store", "Små"]}),
        "two": frame.assign(andet=bare),
        "with_text": frame.assign(to=frame.antal[::-1].to_numpy(dtype=object)).astype({"kommune": object}),
        "ones": np.ones(adding.ROWS),
    }


def copied(series: Any) -> Any:
    import copy

    return copy.deepcopy(series)


def filled_by_hand(series: Any) -> Any:
    series = series.copy()
    series[series.isna()] = 0
    return series


def filled_by_loc(series: Any) -> Any:
    series = series.copy()
    for label in series.index[series.isna()]:
        series.loc[label] = 0
    return series


def filled_in_frame(frame: Any) -> Any:
    frame = frame.copy()
    frame.loc[frame.antal.isna(), "antal"] = 0
    return frame


def through(write: str, read: Any) -> Any:
    def there_and_back(frame: Any) -> Any:
        file = io.BytesIO()
        getattr(frame, write)(file)
        file.seek(0)
        return read(file)

    return there_and_back


def pickled(frame: Any) -> Any:
    import pickle

    return pickle.loads(pickle.dumps(frame))


def excel(frame: Any) -> Any:
    return through("to_excel", pd.read_excel)(frame)


def sql(frame: Any) -> Any:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    try:
        frame.to_sql("t", connection)
        return pd.read_sql("select * from t", connection)
    finally:
        connection.close()


def added_in_place(s: Any) -> Any:
    found = np.zeros(1)
    np.add.at(found, np.zeros(len(s), dtype=int), s)
    return found[0]


def arrow(frame: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.sum(pa.table(frame)["antal"]).as_py()


def duckdb(frame: Any) -> Any:
    import duckdb as engine
    import pyarrow as pa

    with engine.connect() as connection:
        connection.register("t", pa.table(frame))
        return connection.sql("select sum(antal) from t").fetchall()[0][0]


def polars(frame: Any) -> Any:
    import polars as pl
    import pyarrow as pa

    return pl.from_arrow(pa.table(frame))["antal"].sum()


TOOLS = {
    "np": np,
    "pd": pd,
    "io": io,
    "math": math,
    "operator": operator,
    "functools": functools,
    "itertools": itertools,
    "statistics": statistics,
    "copied": copied,
    "filled_by_hand": filled_by_hand,
    "filled_by_loc": filled_by_loc,
    "filled_in_frame": filled_in_frame,
    "parquet": through("to_parquet", pd.read_parquet),
    "feather": through("to_feather", pd.read_feather),
    "pickled": pickled,
    "excel": excel,
    "sql": sql,
    "arrow": arrow,
    "added_in_place": added_in_place,
    "duckdb": duckdb,
    "polars": polars,
}


# Other tools refuse guarded columns altogether: they read `storage.value`, or what `plain()` gives.
WRONGLY_REFUSED = {
    "arrow(df)",
    "duckdb(df)",
    "polars(df)",
}
# How many recipes each family had when four designs were compared.
COMPARED = {
    "sum, agg, apply, eval": 29,
    "numpy and builtins": 45,
    "groupby, pivot_table, crosstab, resample": 47,
    "windows": 21,
    "a + b": 16,
    "filling, dropping, replacing": 65,
    "casting and reshaping": 51,
}


FAMILIES = {recipe: family for family, recipes in RECIPES.items() for recipe in recipes.strip().splitlines()}


@functools.cache
def outcomes(scenario: str) -> dict[str, str]:
    """What became of each recipe."""
    return adding.outcomes(scenario, list(FAMILIES), adding.BY_MEMBER, TOOLS, surroundings)


def having(scenario: str, outcome: str) -> set[str]:
    return {recipe for recipe, value in outcomes(scenario).items() if value == outcome}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_recipe_goes_silently_wrong_outside_the_documented_bypasses(scenario):
    counts = Counter(outcomes(scenario).values())
    print(
        f"\n{scenario}: {len(outcomes(scenario))} recipes: "
        + ", ".join(f"{n} {o}" for o, n in counts.most_common())
    )
    silent = having(scenario, "silently wrong")
    for recipe in sorted(silent):
        print(f"  silently wrong | {FAMILIES[recipe]} | {recipe}")
    assert {recipe for recipe in silent if not FAMILIES[recipe].startswith("bypass")} == set()
    assert having(scenario, "fails") == set()


def test_fewer_than_ten_recipes_go_silently_wrong_with_hidden_cells():
    assert len(having("hidden", "silently wrong")) < 10


def test_every_recipe_gives_the_right_number_where_the_sum_is_valid_but_for_the_documented_ones():
    refused = {
        recipe for outcome in ("valid refused", "refused", "breaks") for recipe in having("valid", outcome)
    }
    assert refused == WRONGLY_REFUSED
    # Twice a cell, and the sum of a window beside its mean, may stand there.
    assert having("valid", "silently wrong") == {
        "(s * 2).sum()",
        "s.rolling(3, min_periods=1).agg(['sum', 'mean'])",
    }
    assert set(outcomes("valid").values()) == {"right", "breaks", "silently wrong"}


def test_each_family_has_at_least_the_recipes_that_the_designs_were_compared_with():
    for family, count in COMPARED.items():
        recipes = RECIPES[family].strip().splitlines()
        assert len(set(recipes)) == len(recipes) >= count


# Other ways, on the frames of `adding`: cells taken out one by one and put back, and what is seldom called a sum.
FURTHER = """
df.groupby('kommune', observed=True).antal.apply(lambda x: x.iloc[0]).sum()
df.groupby('kommune', observed=True)[['antal']].apply(lambda d: d.antal.iloc[0]).sum()
df.groupby('kommune', observed=True).apply(lambda d: d.antal.iloc[-1]).sum()
df.groupby('kommune', observed=True).antal.agg(lambda x: x.iloc[0]).sum()
df.groupby('gruppe').antal.agg(lambda x: sum(v for v in x if v == v))
df.groupby('gruppe').antal.apply(lambda x: x.nlargest(5).sum())
df.groupby('gruppe').antal.apply(list).explode().sum()
df.groupby('gruppe').antal.agg(tuple).map(sum)
df.groupby('gruppe').antal.describe().eval('mean * count')
df.groupby('gruppe').agg(t=pd.NamedAgg('antal', math.fsum))
df.groupby(df.antal.fillna(0) > 10).antal.sum()
df.groupby(pd.qcut(df.antal, 3), observed=True).antal.sum()
df.groupby(np.where(df.antal.isna(), 'a', 'b')).antal.sum()
{k: pd.Series(v).sum() for k, v in wide.T.to_dict('list').items()}
pd.crosstab(df.gruppe, df.land, values=df.antal, aggfunc=lambda x: x.sum())
df.pivot_table(index='kommune', columns='Periode', values='antal', observed=True, fill_value=0).sum(axis=1)
df.pivot_table(index='gruppe', aggfunc={'antal': np.sum})
dated.resample('2QE').agg({'antal': 'sum'}).antal
dated.antal.resample('YE').agg(total='sum').total
dated.resample('YE').antal.pipe(lambda r: r.sum())
[w.dropna().sum() for w in s.rolling(12)]
s.ewm(halflife=2).sum()
s.diff().fillna(s.iloc[0]).cumsum()
s.shift(-1).add(s, fill_value=0)
df[df.Periode == '2026-02'].kommune.map(lambda k: feb[k]).sum()
df[df.Periode == '2026-02'].kommune.astype(object).map(lambda k: jan.loc[k]).sum()
df[df.Periode == '2026-02'].kommune.map(jan).sum()
wide.agg(lambda c: c.iloc[0]).sum()
wide.apply(lambda r: r.iloc[0] + r.iloc[1], axis=1)
wide.apply(tuple, axis=1).map(sum)
pd.Series([jan[k] for k in jan.index]).sum()
pd.Series({k: jan.at[k] for k in jan.index}).sum()
pd.Series(dict(jan)).sum()
pd.DataFrame([{'x': jan[k]} for k in jan.index]).x.sum()
pd.DataFrame([df.iloc[i] for i in range(12)]).antal.sum()
pd.DataFrame.from_dict({k: [v] for k, v in jan.items()}, orient='index').sum()
df.assign(t=[r.antal for r in df.itertuples()]).groupby('gruppe').t.sum()
df.assign(t=df[['antal']].apply(lambda r: r.antal, axis=1)).t.sum()
df.assign(t=np.asarray(df.antal, dtype=object)).groupby('gruppe').t.sum()
out = pd.Series(0.0, index=range(12)); [out.__setitem__(i, s.iloc[i]) for i in range(12)] ;; out.sum()
out = np.zeros(2, dtype=object); [out.__setitem__(i // 6, out[i // 6] + x) for i, x in enumerate(s)] ;; out
out = pd.DataFrame(); [out.__setitem__(i, [x]) for i, x in enumerate(s)] ;; out.sum(axis=1)
t = 0; [t := x + t for x in s if pd.notna(x)] ;; t
functools.reduce(lambda t, x: x + t, s.dropna())
functools.reduce(operator.iadd, s, 0)
list(itertools.accumulate(s.dropna(), lambda t, x: t + x))[-1]
sum(itertools.compress(s, s.notna()))
sum(map(operator.attrgetter('antal'), df.dropna().itertuples()))
sum(v for v in s.dropna().to_dict().values())
collections.Counter(dict(jan.dropna())).total()
sum(filter(None, s.fillna(0)))
np.float64(0) + jan.iloc[0] + jan.iloc[1]
np.add(jan.iloc[0], np.float64(jan.iloc[1]))
np.add(a, list(b))
a.array + list(b)
a + pd.Index(b)
np.asarray(a, dtype=object) + np.asarray(b, dtype=object)
a.combine(b, operator.add)
np.add.reduce(s.astype(object))
np.average(s) * 12
np.polyval(s, 1)
np.linalg.norm(s, 1)
np.fft.rfft(s.fillna(0))[0].real
np.triu(np.ones((12, 12))).T @ s
np.histogram(range(12), bins=1, weights=s)[0]
np.apply_over_axes(np.sum, s, 0)
np.lib.stride_tricks.sliding_window_view(s, 12).sum()
np.nanmean(s) * s.notna().sum()
s.between(0, 10**12).pipe(lambda m: s[m]).sum()
s.loc[s.dropna().index].sum()
df.antal.iloc[s.argsort()[:10]].sum()
df.drop(columns='antal').join(df.antal.dropna(), how='inner').antal.sum()
pd.MultiIndex.from_arrays([df.gruppe, df.antal]).get_level_values(1).to_series().sum()
s.value_counts().pipe(lambda v: sum(k * n for k, n in v.items()))
s.dropna().map(int).sum()
copy.deepcopy(s).dropna().sum()
pd.to_numeric(s.map(str), errors='coerce').sum()
pd.to_numeric(s.map('{:,.0f}'.format).str.replace(',', ''), errors='coerce').sum()
pd.read_csv(io.StringIO(df.to_csv(sep=';')), sep=';').groupby('gruppe').antal.sum()
df.groupby('kommune', observed=True)[['antal']].apply(lambda d: pd.Series({'x': d.antal.iloc[0]})).x.sum()
wide.apply(lambda r: r.ffill().iloc[-1], axis=1).sum()
sum(x for x in json.loads(json.dumps(s.tolist())) if x == x)
sum(int(x) for x in s.dropna())
statistics.fmean(s.dropna()) * s.count()
sum(s[i] for i in s.index[s.notna()])
a - (b - 2 * b)
a - (0 * b - b)
df[df.groupby('kommune', observed=True).antal.transform('count') == 2].antal.sum()
wide.dropna().sum()
s.agg(sum)
s.agg([sum, max])
df.agg(t=('antal', sum))
df.agg({'antal': functools.partial(sum, start=0)})
wide.agg([sum])
wide.apply(sum, result_type='broadcast')
df.groupby('gruppe').antal.transform(sum)
df.groupby('gruppe').filter(lambda d: sum(d.antal) > 0).antal.sum()
df.groupby('gruppe').antal.filter(sum).sum()
dated.antal.resample('YE').transform(sum)
df.pivot_table(index='gruppe', values='antal', aggfunc=sum, margins=True)
pd.crosstab(df.gruppe, df.land, values=df.antal, aggfunc=sum, margins=True)
jan.iloc[0] + jan.iloc[1] + 0 + jan.iloc[2]
sum(x if x > 20 else 0 for x in s)
sum(x or 0 for x in s)
sum(x if x == x else 0 for x in s)
sum([jan.iloc[0], jan.iloc[1], 0.0, np.int64(0), jan.iloc[2]])
(s / s.sum()).sum() * s.sum()
s.div(s.sum()).cumsum()
wide.div(wide.sum()).sum()
df[df.kommune.isin(['K0', 'K1'])].antal.sum() + df[df.kommune.isin(['K2', 'K3'])].antal.sum()
jan.iloc[:3].sum() + jan.iloc[3:].sum()
jan[['K0', 'K1']].sum() + jan['K2']
sum(jan) + sum(feb)
(jan.iloc[0] + jan.iloc[1]) + (jan.iloc[2] + jan.iloc[3])
sum(d.antal.sum() for _, d in df.groupby('kommune', observed=True))
t = 0; [t := t + d.antal.sum() for _, d in df.groupby('gruppe')] ;; t
sum({k: d.antal.sum() for k, d in df.groupby('gruppe')}.values())
jan.nlargest(2).sum() + jan.nsmallest(4).sum()
s.nlargest(3).sum()
s.nlargest(10).sum()
s.nsmallest(10).sum()
s.nsmallest(3).sum()
wide.iloc[:3].sum().sum() + wide.iloc[3:].sum().sum()
wide.T.iloc[:, :2].sum(axis=1) + wide.T.iloc[:, 2:].sum(axis=1)
wide.T.drop(columns='K1').sum(axis=1) + wide.T.K1
wide.T.assign(AB=lambda w: w.K0 + w.K1).drop(columns=['K0', 'K1']).sum(axis=1)
df[df.kommune.isin(['K0', 'K1'])].groupby('Periode').antal.sum() + df[df.kommune.isin(['K2', 'K3'])].groupby('Periode').antal.sum()
"""
# Those that go round the guard where cells are hidden, with the row of docs/hidden-cells.md that says so.
ROUND = {
    "pd.to_numeric(s.map(str), errors='coerce').sum()": "numbers that have left",
    "df.groupby('kommune', observed=True)[['antal']].apply(lambda d: pd.Series({'x': d.antal.iloc[0]})).x.sum()": (
        "single cells gathered"
    ),
    "wide.apply(lambda r: r.ffill().iloc[-1], axis=1).sum()": "single cells gathered",
    "sum(x for x in json.loads(json.dumps(s.tolist())) if x == x)": "adding by hand",
    "sum(int(x) for x in s.dropna())": "adding by hand",
    "sum(s[i] for i in s.index[s.notna()])": "adding by hand",
    "statistics.fmean(s.dropna()) * s.count()": "a mean times a count",
    "df[df.groupby('kommune', observed=True).antal.transform('count') == 2].antal.sum()": (
        "hidden cells dropped together"
    ),
    "wide.dropna().sum()": "hidden cells dropped together",
}
# Silently wrong where nothing is hidden: numbers that have left, single cells gathered, means times counts.
FURTHER_CAPS = {"hidden": len(ROUND), "persons": 30, "stock": 30, "rate": 30, "levels": 27, "valid": 0}


@functools.cache
def further(scenario: str) -> dict[str, str]:
    return adding.outcomes(scenario, FURTHER.strip().splitlines(), adding.BY_MEMBER, {})


@pytest.mark.parametrize("scenario", FURTHER_CAPS)
def test_further_ways_are_seen_but_for_those_of_the_page(scenario):
    silent = {recipe for recipe, outcome in further(scenario).items() if outcome == "silently wrong"}
    for recipe in sorted(silent):
        print(f"  silently wrong | {recipe}")
    if scenario == "hidden":
        assert silent == set(ROUND)
        assert set(ROUND.values()) <= set(WAYS_ROUND)
        assert "fails" not in further(scenario).values()
    assert len(silent) <= FURTHER_CAPS[scenario]


def test_further_ways_that_are_right_are_let_through():
    refused = {
        recipe
        for recipe, outcome in further("valid").items()
        if outcome in ("valid refused", "breaks", "differs")
    }
    # A difference is not known to be one of the two cells.
    assert refused == {"s.diff().fillna(s.iloc[0]).cumsum()"}


# ---- recipes that lie beside the project --------------------------------------------------------------------------

SHARED = Path(__file__).parents[2] / "shared" / "recipes"
shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the recipes lie beside the project, and are not here"
)
PAGE = Path(__file__).parents[1] / "docs" / "hidden-cells.md"

# The rows of the table in docs/hidden-cells.md: what their recipes look like, and one that shows it on one kind of column.
WAYS_ROUND = {
    "numbers that have left": (
        r"to_numpy|np\.|values|astype|rt_|polars|numexpr|sns_|Series\(s|array\(s|categories|json|dtype=",
        "persons",
        "np.sort(s).sum()",
    ),
    "single cells gathered": (
        r"list\(|to_?list|to_dict|to_records|itertuples|iterrows|\bzip\(|lambda r:|for x in",
        "persons",
        "pd.Series([x for x in s]).sum()",
    ),
    "adding by hand": (
        r"fsum|map\(int|map\(float|format|if x == x|== y|loop_add|acc_|0\.0|- \(|- -|\[-1\]|Counter|float",
        "hidden",
        "math.fsum(x for x in s if x == x)",
    ),
    "a mean times a count": (r"mean", "persons", "s.mean() * s.size"),
    "hidden cells dropped together": (
        r"dropna\(|query\(|filter\(|\[s <=|\[s >|\[df\.",
        "hidden",
        "s[s <= 20000].sum()",
    ),
    "`sort_values().iloc[0]`": (r"sort_values\(\)\.iloc\[0\]", "hidden", "s.sort_values().iloc[0]"),
    "`rolling`, `expanding` and `ewm`": (
        r"rolling|expanding|ewm",
        "valid",
        "s.rolling(2, min_periods=1).sum().sum()",
    ),
    "single cells compared": (r"lambda x: x <", "hidden", "s.map(lambda x: x < 5).sum()"),
    "answers to a comparison counted": (r"\(s < ", "hidden", "(s < 5).sum()"),
}
# How many of the recipes beside the project go silently wrong where nothing is hidden: numbers that have left, single
# cells, means times counts. A cap, not a goal: the names are printed, and none may join them.
CAPS = {"hidden": 11, "persons": 108, "stock": 108, "rate": 97, "levels": 85, "valid": 4}


@functools.cache
def beside(scenario: str, layout: adding.Layout) -> dict[str, str]:
    families = adding.read_recipes(SHARED / "sums.txt")
    recipes = [recipe for family in families.values() for recipe in family]
    return adding.outcomes(scenario, recipes, layout, adding.loaded(SHARED / "helpers.py"))


@shared
@pytest.mark.parametrize("layout", [adding.BY_MEMBER, adding.BY_PERIOD], ids=lambda layout: layout.name)
@pytest.mark.parametrize("scenario", adding.SCENARIOS)
def test_recipes_beside_the_project_go_wrong_in_documented_ways_alone(scenario, layout):
    found = beside(scenario, layout)
    print(f"\n{scenario}, {layout.name}: {dict(Counter(found.values()).most_common())}")
    silent = [recipe for recipe, outcome in found.items() if outcome == "silently wrong"]
    for recipe in silent:
        print(f"  silently wrong | {recipe}")
    assert len(silent) <= CAPS[scenario]
    if scenario == "hidden":
        documented = re.compile("|".join(pattern for pattern, *_ in WAYS_ROUND.values()))
        assert [recipe for recipe in silent if not documented.search(recipe)] == []


@shared
def test_recipes_beside_the_project_that_are_right_are_refused_in_few_cases():
    refused = {
        recipe
        for layout in (adding.BY_MEMBER, adding.BY_PERIOD)
        for recipe, outcome in beside("valid", layout).items()
        if outcome == "valid refused"
    }
    for recipe in sorted(refused):
        print(f"  valid refused | {recipe}")
    assert len(refused) <= VALID_REFUSED


VALID_REFUSED = 6


# Fails on any dtype that is not pandas' own; and a cell knows more than its number, so a column is larger.
NOT_AS_PLAIN = {"df.convert_dtypes(dtype_backend='pyarrow')", "df.memory_usage(deep=True)"}


@shared
@pytest.mark.parametrize("hidden", [False, True], ids=["visible", "hidden"])
def test_everyday_operations_work_with_the_values_of_a_plain_frame(hidden):
    names = everyday.tools()
    failed = {}
    for recipes in adding.read_recipes(SHARED / "everyday.txt").values():
        for recipe in recipes:
            outcome, ran = everyday.outcome(recipe, names, hidden=hidden)
            if outcome in everyday.OUTCOMES and recipe not in NOT_AS_PLAIN:
                failed[recipe] = (outcome, ran.error or [str(one.message) for one in ran.warned])
    assert failed == {}


def rows_of_the_page() -> list[str]:
    _, _, table = PAGE.read_text(encoding="utf-8").partition("# What the guard cannot see")
    return [line for line in table.splitlines() if line.startswith("| ")][2:]


def test_the_table_of_ways_round_is_complete_and_each_row_is_shown():
    rows = rows_of_the_page()
    assert len(rows) == len(WAYS_ROUND)
    for row, start in zip(rows, WAYS_ROUND, strict=True):
        assert row.startswith(f"| {start}")


@pytest.mark.parametrize("row", WAYS_ROUND)
def test_each_way_round_is_one(row):
    pattern, scenario, recipe = WAYS_ROUND[row]
    assert re.search(pattern, recipe)
    assert adding.outcomes(scenario, [recipe], adding.BY_MEMBER, {})[recipe] == "silently wrong"
