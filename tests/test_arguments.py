"""Wrong arguments: the package's own error, before anything is sent."""

from __future__ import annotations

import inspect
import warnings
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas import areas, arguments
from jobindsats_pandas.accessor import FrameAccessor, SeriesAccessor
from jobindsats_pandas.errors import ConfigurationError, JobindsatsError, JobindsatsWarning, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TABLE, BY, PERIODS = "y01h01", {"_akassedp": "*"}, "latest:2"

WRONG = {
    "5": 5,
    "-1": -1,
    "1.5": 1.5,
    "nan": float("nan"),
    "inf": float("inf"),
    "5,000 digits": 10**5_000,
    "None": None,
    "True": True,
    "bytes": b"x",
    "text": "x" * 3000,
    "latest of 5,000 digits": "latest:" + "9" * 5_000,
    "'false'": "false",
    "NUL": "a\0b",
    "nobody's home": "~nobody that there is/x",
    "half a pair": "\ud800",
    "[]": [],
    "[[]]": [[]],
    "{}": {},
    "{[]: …}": {"x": []},
    "object": object(),
    "datetime": datetime(2026, 1, 1),  # noqa: DTZ001
    "NA": pd.NA,
    "NaT": pd.NaT,
    "array": np.array([1, 2]),
    "frame": pd.DataFrame({"x": [1]}),
    "function": len,
}


class Answers:
    """A module's sandbox, a client whose disk has what is asked for below, and the frame that was read."""

    def __init__(self, api: Any, directory: Path) -> None:
        self.api = api
        self.client = ji.Client(token=api.token, base_url=api.url, cache_dir=directory)
        self.frame = self.client.read(TABLE, BY, PERIODS, additive={"Antal sanktioner i alt": "flow"})
        self.client.tables()
        self.client.subjects()
        self.client.plan(TABLE)

    @property
    def sent(self) -> int:
        return len(self.api.requests)


@pytest.fixture(scope="module")
def answers(api: Any, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return Answers(api, tmp_path_factory.mktemp("cache"))


def callables() -> Iterator[tuple[str, Callable[..., Any], Callable[[Answers], dict[str, Any]]]]:
    """Every public function and method, with good arguments for those that have no default."""
    questions = {"table": lambda _: TABLE, "by": lambda _: BY, "periods": lambda _: PERIODS}
    good = {
        "self": lambda answers: answers.client,
        "client": lambda answers: answers.client,
        "df": lambda answers: answers.frame,
        "old": lambda answers: answers.frame,
        "new": lambda answers: answers.frame,
        "dimension": lambda _: "A-kasse",
        "level": lambda _: "total",
        "path": lambda _: "x",
        "folder": lambda _: "x",
        "measure": lambda _: "Antal sanktioner i alt",
        "name": lambda _: "Aarhus",
        "hierarchy": lambda _: "_akassedp",
        "period_type": lambda _: None,
        "search": lambda _: "a-kasse",
        "triangle": lambda answers: answers.frame,
        **questions,
    }
    functions = {
        f"ji.{name}": getattr(ji, name) for name in ji.__all__ if inspect.isfunction(getattr(ji, name))
    }
    functions |= {
        f"areas.{name}": getattr(areas, name)
        for name in areas.__all__
        if inspect.isfunction(getattr(areas, name))
    }
    for owner in (ji.Client, type_of_table(), FrameAccessor, SeriesAccessor):
        for name, method in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_"):
                functions[f"{owner.__name__}.{name}"] = method
    for name, function in functions.items():
        if name.startswith("FrameAccessor"):
            selves = {"self": lambda answers: answers.frame.jobindsats}
        elif name.startswith("SeriesAccessor"):
            selves = {"self": lambda answers: answers.frame.iloc[:, 2].jobindsats}
        elif name.startswith("Table"):
            selves = {"self": lambda answers: answers.client.table(TABLE)}
        else:
            selves = {}
        known = {
            parameter: {**good, **selves}[parameter]
            for parameter in inspect.signature(function).parameters
            if parameter in good
        }
        yield name, function, lambda answers, known=known: {key: make(answers) for key, make in known.items()}


def type_of_table() -> type:
    from jobindsats_pandas.metadata import Table

    return Table


#: What never takes an older answer asks first what the table is now.
ASKING_FIRST = {ji.export, ji.Client.pieces}
#: What the package itself hands to its metadata, with names that it has checked.
INNER = {"Table.with_totals"}
CALLS = [
    pytest.param(function, make, parameter, id=f"{name}({parameter})")
    for name, function, make in callables()
    if name not in INNER
    for parameter in inspect.signature(function).parameters
    if parameter != "self"
]


def test_the_table_below_holds_every_public_function() -> None:
    names = {str(param.id) for param in CALLS}
    for expected in (
        "ji.read_jobindsats(max_requests)",
        "ji.compare(old)",
        "ji.read_parquet(path)",
        "areas.with_codes(df)",
        "Client.read(additive)",
        "Client.tables(search)",
        "Table.find(search)",
        "FrameAccessor.sum_bounds(by)",
        "FrameAccessor.plot(ax)",
        "SeriesAccessor.plain(hidden)",
    ):
        assert expected in names
    assert len(CALLS) > 70


@pytest.mark.parametrize(("function", "make", "parameter"), CALLS)
def test_a_wrong_argument_is_taken_or_refused_by_an_error_of_the_package(
    answers: Answers,
    function: Callable[..., Any],
    make: Callable[[Answers], dict[str, Any]],
    parameter: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBINDSATS_API_URL", answers.api.url)
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", answers.api.token)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(answers.client.cache.path))
    failures = {}
    for what, value in WRONG.items():
        before = answers.sent
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", JobindsatsWarning)
            try:
                if inspect.signature(function).parameters[parameter].kind is inspect.Parameter.VAR_POSITIONAL:
                    function(value, **make(answers))
                else:
                    function(**{**make(answers), parameter: value})
            except JobindsatsError:
                # Which tables there are only the API knows, and what they are now; all else is known here.
                sent = answers.api.requests[before:]
                if function in ASKING_FIRST:
                    sent = [request for request in sent if "/data/" in request.path]
                if sent and not (parameter == "table" and isinstance(value, str)):
                    failures[what] = "refused, but something was sent"
            except OSError as error:
                # What a path leads to is the file system's to judge, and its errors say it best; "x" leads nowhere.
                if parameter not in {"path", "paths", "folder", "releases"} and not isinstance(
                    error, FileNotFoundError
                ):
                    failures[what] = repr(error)
            except Exception as error:  # noqa: BLE001 - every other one is what is looked for
                failures[what] = repr(error)[:200]
    assert not failures


CLIENT = [name for name in inspect.signature(ji.Client).parameters if name not in {"token", "unknown"}]


@pytest.mark.parametrize("parameter", CLIENT)
def test_a_client_is_made_or_refused(
    parameter: str, api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    good = {"token": api.token, "base_url": api.url, "cache_dir": tmp_path / "cache"}
    made = 0
    for what, value in WRONG.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", (JobindsatsWarning, DeprecationWarning))
            try:
                client = ji.Client(**{**good, parameter: value})
            except ConfigurationError as error:
                traceback = error.__traceback__
                while traceback is not None:
                    if traceback.tb_frame.f_code.co_name == "__init__":
                        assert not any(
                            value == api.token
                            for value in traceback.tb_frame.f_locals.values()
                            if isinstance(value, str)
                        ), what
                    traceback = traceback.tb_next
                continue
            made += 1
            if parameter not in {"base_url", "max_answer_bytes"}:
                assert len(client.tables()) > 5, what
    assert made < len(WRONG) / 2


@pytest.mark.parametrize("token", [b"abcdefg", 5, 0, b"", [], {}, np.array([1, 2]), object()])
def test_a_key_that_is_no_text_is_refused(token: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", "another")
    with pytest.raises(ConfigurationError, match="The key is no text"):
        ji.Client(token=token)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"connections": None}, "connections=None: give a whole number, 1 at least"),
        ({"connections": 0}, "connections=0: give a whole number"),
        ({"connections": True}, "connections=True: give a whole number"),
        ({"max_cells": "many"}, "max_cells='many': give a whole number"),
        ({"max_cache_bytes": -1}, "max_cache_bytes=-1: give a whole number, 0 at least"),
        ({"max_answer_bytes": 1.5}, "max_answer_bytes=1.5: give a whole number"),
        ({"max_stale_days": float("nan")}, "max_stale_days=nan: give a number from 0 to 999,999,999"),
        ({"max_stale_days": float("inf")}, "max_stale_days=inf: give a number"),
        ({"max_stale_days": None}, "max_stale_days=None: give a number"),
        ({"shared_cache": "no"}, "shared_cache='no': give True or False"),
        ({"closed_hour": "22"}, "closed_hour='22': give True or False"),
        ({"ignore_closed_hour": 0}, "ignore_closed_hour=0: give True or False"),
        ({"base_url": 5}, "base_url=5: give an address such as 'https://api"),
        ({"cache_dir": 5}, "cache_dir=5: give a path, as text or pathlib.Path"),
        ({"cache_dir": "a\0b"}, "cache_dir='a.x00b': give a path"),
    ],
)
def test_a_setting_of_the_client_is_refused_in_these_words(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ji.Client(token="abcdefg", **wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"table": 5}, "table=5: give the id or name of a table"),
        ({"by": 5}, "by=5: give a name, a list of names, or a mapping"),
        ({"by": {"_akassedp": [5.5]}}, "5.5 is not a member of '_akassedp'"),
        ({"periods": 2.5}, "periods=2.5 cannot be read"),
        ({"periods": "latest:" + "9" * 5_000}, "periods='latest:9+… cannot be read"),
        ({"periods": 10**5_000}, "periods=<int> cannot be read"),
        ({"periods": -(10**5_000)}, "periods=<int> cannot be read"),
        ({"period_type": 5}, "period_type=5: give the id or name of a period type"),
        ({"measures": [5]}, r"measures=\[5\]: 5 is not a name of a measure"),
        ({"layout": ["wide"]}, r"layout=\['wide'\]: there are 'wide' and 'long'"),
        ({"complete": "false"}, "complete='false': give True or False"),
        ({"refresh": "no"}, "refresh='no': give True or False"),
        ({"offline": "x"}, "offline='x': give True or False"),
        ({"offline": 1}, "offline=1: give True or False"),
        ({"progress": "no"}, "progress='no': give True or False"),
        ({"max_requests": None}, "max_requests=None: give a whole number, 1 at least"),
        ({"additive": ["x"]}, r"additive=\['x'\]: give a mapping from measures to kinds"),
        ({"additive": {5: "flow"}}, "a key of additive=5: give the name or id of a measure"),
        ({"additive": {"Antal": []}}, r"additive={'Antal': \[\]}: the kinds are 'persons'"),
        ({"client": "https://api.jobindsats.dk/v3"}, "client='https://api.*': give a ji.Client"),
        ({"client": ""}, "client='': give a ji.Client"),
    ],
)
def test_a_question_is_refused_in_these_words_before_anything_is_sent(
    wrong: dict[str, Any], message: str, api: Any, tmp_path: Path
) -> None:
    client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
    before = len(api.requests)
    with pytest.raises(QueryError, match=message):
        ji.read_jobindsats(**{"table": TABLE, "client": client, **wrong})
    # That a number is too small to ask for is known of the table's periods.
    assert len(api.requests) == before or "latest:<int>" in message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda client: client.tables(5), "search=5: give words to look for"),
        (lambda client: client.tables(refresh="no"), "refresh='no': give True or False"),
        (lambda client: client.subjects(offline=None), "offline=None: give True or False"),
        (lambda client: client.table("y25i01", refresh=True, offline=True), "take one of them"),
        (lambda client: ji.tables(client=5), "client=5: give a ji.Client"),
        (lambda client: ji.read_official_total(5, client=client), "df=5: give a DataFrame"),
        (lambda client: ji.read_parquet(5), "path=5: give a path"),
        (lambda client: ji.read_parquet(""), "path='': give a path"),
        (lambda client: ji.compare(5, 5), "old=5: give a DataFrame|new=5: give a DataFrame"),
        (
            lambda client: areas.with_codes("x"),
            "df='x': give a DataFrame; ji.read_parquet.path. makes one",
        ),
        (lambda client: areas.with_codes(5), "df=5: give a DataFrame"),
        (lambda client: areas.timestamps(5), "df=5: give a DataFrame"),
    ],
)
def test_other_functions_refuse_in_these_words(
    call: Callable[[ji.Client], Any], message: str, api: Any, tmp_path: Path
) -> None:
    client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
    before = len(api.requests)
    with pytest.raises(QueryError, match=message):
        call(client)
    assert len(api.requests) == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a: a.audit(5), "by=5: give a name, or a list of names"),
        (lambda a: a.audit({"Periode": 1}), "by={'Periode': 1}: give a name"),
        (lambda a: a.official_total(0), "no measure 0"),
        (lambda a: a.official_total([]), r"measure=\[\]: give a name"),
        (lambda a: a.official_total(over=0), "over=0: give a name"),
        (lambda a: a.parts(0), "no dimension 0"),
        (lambda a: a.totals(None), "no dimension None"),
        (lambda a: a.level("A-kasse", 0), "level=0: give a text"),
        (lambda a: a.sum_bounds(0), "no measure 0"),
        (lambda a: a.sum_bounds(by=[["Periode"]]), r"by=\['Periode'\]: give a name"),
        (lambda a: a.check_sum(0), "by=0: give a name"),
        (lambda a: a.plain(""), "hidden='': give a number"),
        (lambda a: a.plain(float("nan")), "hidden=nan: give a number"),
        (lambda a: a.plain(2**64), "hidden=.*: give a number"),
        (lambda a: a.to_parquet(""), "path='': give a path"),
        (lambda a: a.to_parquet("x", 5), "partition_by=5: give a name"),
        (lambda a: a.to_excel(b"x"), "path=b'x': give a path"),
        (lambda a: a.to_csv("~nobody that there is/x"), "path='~nobody that there is/x': give a path"),
        (lambda a: a.to_csv("x", danish="no"), "danish='no': give True or False"),
        (lambda a: a.plot(kind=[]), r"kind=\[\]: there are 'line', 'bar', .* and 'tiles'\."),
        (lambda a: a.plot("Antal sanktioner i alt", totals="no"), "totals='no': give True or False"),
        (lambda a: a.plot("Antal sanktioner i alt", ax=5), "ax=5: give the Axes"),
        (lambda a: a.plot_audit(5), "by=5: give the name of a dimension"),
        (lambda a: a.with_codes(5), "columns=5: give a name"),
        (lambda a: a.timestamps("middle"), "how='middle': there are 'start' and 'end'"),
    ],
)
def test_the_accessor_refuses_in_these_words(
    answers: Answers,
    call: Callable[[Any], Any],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(QueryError, match=message):
        call(answers.frame.jobindsats)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "same",
    [
        {"complete": np.bool_(0), "max_requests": np.int64(500), "layout": np.str_("wide")},
        {"table": np.str_(TABLE), "periods": np.int64(2)},
        {"max_requests": 500.0, "progress": None, "additive": None, "measures": None},
        {"by": {"_akassedp": pd.Series(["*"])}, "period_type": None},
        {"by": {"_akassedp": np.array(["*"])}},
        {"by": {"_akassedp": iter(["*"])}},
        {"periods": pd.PeriodIndex(["2026Q1", "2026Q2"], freq="Q")},
        {"periods": pd.Index(["2026Q01", "2026Q02"])},
    ],
)
def test_scalars_of_numpy_and_sequences_of_pandas_are_taken(answers: Answers, same: dict[str, Any]) -> None:
    frame = answers.client.read(**{"table": TABLE, "by": BY, "periods": PERIODS, **same})
    assert frame.equals(answers.frame)


def test_scalars_of_numpy_are_taken_by_the_client(api: Any, tmp_path: Path) -> None:
    client = ji.Client(
        np.str_(api.token),
        np.str_(api.url),
        np.str_(tmp_path),
        max_cells=np.int32(10_000),
        connections=np.int64(9),
        max_cache_bytes=1e9,  # type: ignore[arg-type]
        max_stale_days=np.int64(5),  # type: ignore[arg-type]
        shared_cache=np.bool_(0),  # type: ignore[arg-type]
    )
    assert len(client.tables()) > 5


def test_sequences_of_pandas_are_taken_by_the_accessor(answers: Answers) -> None:
    accessor = answers.frame.jobindsats
    names = ["Periode", "A-kasse"]
    expected = accessor.check_sum(names)
    for same in (tuple(names), pd.Index(names), pd.Series(names), np.array(names), iter(names)):
        pd.testing.assert_frame_equal(accessor.check_sum(same), expected)
    assert accessor.plain(hidden=np.int64(1)).equals(accessor.plain(hidden=1))


def test_columns_that_pandas_labels_by_more_than_text_are_named_so(answers: Answers) -> None:
    name = "Antal sanktioner i alt"
    spread = answers.frame.set_index(["A-kasse", "Periode"])[[name]].unstack("Periode")  # noqa: PD010
    bounds = spread.jobindsats.parts("A-kasse").jobindsats.sum_bounds(spread.columns[0])
    assert len(bounds) == 1
    bare = spread[name].jobindsats.parts("A-kasse").jobindsats.sum_bounds(spread[name].columns[0])
    assert bare["low"].to_list() == bounds["low"].to_list()


@pytest.mark.parametrize(
    "value",
    [10**5_000, "x" * 100_000, pd.DataFrame({"x": range(1000)}), [[]] * 1000],
    ids=["number", "text", "frame", "list"],
)
def test_what_was_given_is_shown_in_one_short_line(value: Any) -> None:
    assert len(arguments.shown(value)) <= 60
    assert "\n" not in arguments.shown(value)


def test_what_is_missing_is_no_name() -> None:
    with pytest.raises(QueryError, match="x=<NA>: give a name"):
        arguments.label("x", pd.NA)


def test_the_cache_is_cleared_of_a_table_by_its_id_alone(client):
    with pytest.raises(QueryError, match="table=5"):
        client.cache.clear(5)
