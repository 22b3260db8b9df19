"""What is measured: each function gives the figures of one section of the table."""

from __future__ import annotations

import functools
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import guard
import numpy as np
import pandas as pd
import parquet
import requests
import requests_cache
import rivals
from answers import CELLS_PER_MONTH, MEASURES, Case, document, hierarchy
from timing import Figure, Spread, cpu, interleaved, ratio

from jobindsats_pandas import Client, read_jobindsats, sandbox
from jobindsats_pandas.metadata import parse_table
from jobindsats_pandas.queries import plan
from jobindsats_pandas.sandbox.fixed import FixedTable
from jobindsats_pandas.transport import Parser, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
#: What is hoped for beside the goals of whole reads.
AIMS = {2.5: 4, 25: 35}
#: Cells of one request, as findings about the API's time-outs allow.
MOST = 200_000
EVERYTHING = {"_nykom": "*", "_ygrp": "*", "_akasse": "*"}


def decoding(cells: int, rounds: int, goal: float, aim: float | None, *, all_rivals: bool) -> list[Figure]:
    """Bytes of one answer to a frame, beside what users write."""
    case = Case(cells, 10**9)
    (body,), question = case.bodies(), case.question
    answer, buffer = rivals.response(body), np.frombuffer(body, dtype=np.uint8)

    def plain() -> pd.DataFrame:
        with rivals.plain_path():
            return rivals.ours([body], question)

    candidates: dict[str, Callable[[], Any]] = {
        "user": lambda: rivals.user_json(answer),
        "ours": lambda: rivals.ours([body], question),
        "ours again": lambda: rivals.ours([body], question),
    }
    if all_rivals:
        table = rivals.response(case.csv(question.periods), "text/csv")
        candidates |= {
            "CSV": lambda: rivals.user_csv(table),
            "CSV, categories": lambda: rivals.categories(rivals.user_csv(table)),
            "ours, plain path": plain,
            "bound: Arrow's CSV reader alone": rivals.csv_reader_alone(body),
            "memcpy": buffer.copy,
        }
    frame = candidates["ours"]()
    for name in candidates.keys() - {"ours", "memcpy", "bound: Arrow's CSV reader alone"}:
        made = candidates[name]()
        if name.startswith("ours"):
            pd.testing.assert_frame_equal(made, frame)
        else:
            rivals.assert_equal(frame, made)
        del made
    del frame
    times = interleaved(candidates, rounds)
    section = f"decode {cells:,} cells"
    figures = [
        Figure(section, "ours", ratio(times, "user", "ours"), "x", goal, aim, more_is_better=True),
        Figure(section, "control: ours against ours", ratio(times, "ours again", "ours")),
        Figure(section, "ours, CPU", Spread.of_times(times["ours"], 1000), "ms"),
        Figure(section, "user's JSON, CPU", Spread.of_times(times["user"], 1000), "ms"),
    ]
    others = candidates.keys() - {"user", "ours", "ours again"}
    return figures + [
        Figure(section, name, ratio(times, "user", name)) for name in candidates if name in others
    ]


@contextmanager
def served(case: Case, kept: int | None = None) -> Iterator[tuple[sandbox.Sandbox, Client, Path]]:
    """A server that answers about a case and keeps some answers, and a client with a cache of its own."""
    periods = case.table.period_types[0].periods

    @functools.lru_cache(kept)
    def about(months: tuple[str, ...]) -> bytes:
        return case.json(months)

    def answer(asked: dict[str, str]) -> bytes:
        wanted = asked["period.M"]
        count = wanted.removeprefix("latest:")
        return about(periods[-int(count) :] if count != wanted else tuple(wanted.split(",")))

    with (
        tempfile.TemporaryDirectory() as directory,
        sandbox.serve(tables={"y25i01": FixedTable(case.metadata, rows=answer)}) as api,
    ):
        path = Path(directory)
        yield api, Client(api.token, api.url, path / "ours", max_cells=MOST), path


def cache(rounds: int) -> list[Figure]:
    """A hit on an answer of 200,000 cells, beside its decoding."""
    case = Case(MOST, MOST)
    question, section = case.question, "cache"
    with served(case) as (api, client, path):
        client.read("y25i01", EVERYTHING, "*", progress=False)
        transport = Transport(token=api.token, base_url=api.url, cache_dir=path / "ours")
        request = client.plan("y25i01", EVERYTHING, "*").requests[0]
        edition = str(case.table.update_latest or "")
        bodies = Parser(lambda body: body)
        body = transport.fetch(request.path, bodies, edition=edition).value
        assert len(rivals.ours([body], question)) * 4 == question.cells
        times = interleaved(
            {
                "hit": lambda: transport.fetch(request.path, bodies, edition=edition),
                "decoding": lambda: rivals.ours([body], question),
            },
            rounds,
        )
        entries = client.cache.list()
        size = entries["bytes"].max() / len(body)
    return [
        Figure(section, "hit on 200,000 cells / its decoding", ratio(times, "hit", "decoding"), "", 1 / 3),
        Figure(section, "hit, CPU", Spread.of_times(times["hit"], 1000), "ms"),
        Figure(section, "on disk / body", Spread.of([size]), ""),
    ]


def whole_reads(cells: int, rounds: int, first: float, second: float, *, deep: bool = False) -> list[Figure]:
    """Reads through the public function, first and second, beside a user's own way and one Parquet file.

    `deep` adds the peaks of memory, and how the cost of a cell grows with their number.
    """
    case, section = Case(cells, MOST), f"whole read, {cells:,} cells"
    with elsewhere(case) as (url, token), tempfile.TemporaryDirectory() as directory:
        path, number = Path(directory), itertools.count()

        def ours(place: str, months: int | str = "*") -> pd.DataFrame:
            client = Client(token, url, path / place, max_cells=MOST, connections=1)
            return read_jobindsats("y25i01", EVERYTHING, months, client=client, progress=False)

        def user(place: str) -> pd.DataFrame:
            with requests_cache.CachedSession(str(path / place), backend="sqlite") as session:
                session.headers["Authorization"] = f"Bearer {token}"
                return rivals.user_frame([session.get(address).json() for address in urls])

        urls = Client(token, url, path / "ours", max_cells=MOST).plan("y25i01", EVERYTHING, "*").urls
        frame = ours("ours")
        rivals.assert_equal(frame, user("user"))
        plain = frame.assign(**{name: frame[name].array.plain() for name in frame.columns[4:]})
        plain.to_parquet(path / "plain.parquet")
        count = frame.size // len(frame.columns) * len(MEASURES)
        del frame, plain
        candidates: dict[str, Callable[[], Any]] = {
            "ours, first": lambda: ours(f"ours {next(number)}"),
            "user, first": lambda: user(f"user {next(number)}"),
            "ours": lambda: ours("ours"),
            "user": lambda: user("user"),
            "parquet": lambda: pd.read_parquet(path / "plain.parquet"),
        }
        if deep:
            ours("ours", 4)
            candidates["200,000"] = lambda: ours("ours", 4)
        times = interleaved(candidates, rounds)
        peaks = memory(section, (url, token, str(path)), case.months) if deep else []
        kept = [place.stat().st_size for place in (path / "ours").rglob("*.answer")]
        columns = [place.stat().st_size for place in (path / "ours").rglob("*.columns")]
    shares = Spread.of([1 + sum(columns) / sum(kept)])
    by_first, by_second = ratio(times, "user, first", "ours, first"), ratio(times, "user", "ours")
    figures = [
        Figure(section, "first: user / ours", by_first, "x", first, AIMS.get(first), more_is_better=True),
        Figure(section, "second: user / ours", by_second, "x", second, AIMS.get(second), more_is_better=True),
        Figure(section, "second: ours / pd.read_parquet", ratio(times, "ours", "parquet"), "x", 2.2, 1.4),
        *(
            Figure(section, f"{name}, CPU", Spread.of_times(times[name], 1000), "ms")
            for name in ("ours, first", "user, first", "ours", "user", "parquet")
        ),
        Figure(section, "disk / that of the bytes alone", shares, "x", 1.8),
    ]
    if deep:
        scale = 4 * CELLS_PER_MONTH / count
        growth = Spread.of(
            [scale * a / b for a, b in zip(times["ours"], times["200,000"], strict=True)],
            scale * min(times["ours"]) / min(times["200,000"]),
        )
        figures.append(Figure(section, "CPU per cell / that of 200,000 cells", growth, "x", 1.3))
    return figures + peaks


@contextmanager
def elsewhere(case: Case, kept: int | None = None) -> Iterator[tuple[str, str]]:
    """A server in a process of its own, whose CPU time is nobody's: its address and key."""
    ours, theirs = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(
        target=answer_alone, args=(case, theirs, kept), daemon=True
    )
    process.start()
    yield ours.recv()
    ours.send(None)
    process.join()


def answer_alone(case: Case, pipe: Any, kept: int | None) -> None:
    """Serve a case until told to stop."""
    with served(case, kept) as (api, _, _):
        pipe.send((api.url, api.token))
        pipe.recv()


def memory(section: str, place: tuple[str, str, str], months: int) -> list[Figure]:
    """Peaks in fresh processes: beside the frame that comes of it, and per cell beside a read of 200,000 cells."""
    large, small = (run("read", *place, str(count)) for count in (months, 4))
    theirs = run("user", *place, str(months))
    per_cell = [one["peak"] / one["cells"] for one in (large, small)]
    return [
        Figure(
            section, "second: peak memory / frame", Spread.of([large["peak"] / large["result"]]), "x", 2.5
        ),
        Figure(
            section,
            "peak memory per cell / that of 200,000",
            Spread.of([per_cell[0] / per_cell[1]]),
            "x",
            1.3,
        ),
        Figure(section, "frame", Spread.of([large["result"] / 1e6]), "MB"),
        Figure(section, "ours, peak memory", Spread.of([large["peak"] / 1e6]), "MB"),
        Figure(section, "user, peak memory", Spread.of([theirs["peak"] / 1e6]), "MB"),
    ]


def exported(cells: int, few: int) -> list[Figure]:
    """A table larger than memory goes to a dataset: memory, and how the cost of a cell grows with their number."""
    section, case = f"export, {cells:,} cells", Case(cells, MOST)
    with elsewhere(case, kept=1) as (url, token), tempfile.TemporaryDirectory() as directory:
        small, large = (
            run("export", url, token, str(Path(directory, str(months))), str(months))
            for months in (round(few / CELLS_PER_MONTH), case.months)
        )
    growth = (large["seconds"] / large["cells"]) / (small["seconds"] / small["cells"])
    return [
        Figure(section, "peak memory above the import", Spread.of([large["peak"] / 1e6]), "MB", 400),
        Figure(section, f"the same, {few:,} cells", Spread.of([small["peak"] / 1e6]), "MB"),
        Figure(section, f"CPU per cell / that of {few:,}", Spread.of([growth]), "x", 1.3),
        Figure(section, "CPU per million cells", Spread.of([1e6 * large["seconds"] / large["cells"]]), "s"),
        Figure(section, "on disk", Spread.of([large["bytes"] / 1e6]), "MB"),
    ]


def run(*arguments: str, environment: dict[str, str] | None = None) -> dict[str, float]:
    """Run a scenario in a fresh process."""
    command = [sys.executable, str(HERE / "scenarios.py"), *arguments]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return dict(json.loads(found.stdout))


def metadata(rounds: int) -> list[Figure]:
    """A table of 5,000 members and 240 periods; a plan of 500 requests."""
    found = document(240)
    large = hierarchy("large", "I alt", [f"Uddannelse nr. {n}" for n in range(1, 4901)])
    found["dimensions"].append({"dimension_id": "d9", "dimension_name": "Uddannelse", "hierarchies": [large]})
    body = json.dumps(found, ensure_ascii=False).encode()
    with (
        tempfile.TemporaryDirectory() as directory,
        sandbox.serve(tables={"y25i01": FixedTable(found)}) as api,
    ):
        client = Client(api.token, api.url, directory, max_cells=CELLS_PER_MONTH // 2 + 1_000)
        client.table("y25i01")
        tables = iter([parse_table(body) for _ in range(rounds + 1)])

        def planned() -> int:
            made = plan(next(tables), EVERYTHING, "*", max_cells=CELLS_PER_MONTH // 2 + 1_000)
            return len(made.urls)

        times = interleaved(
            {"parse": lambda: parse_table(body), "cached": lambda: client.table("y25i01"), "plan": planned},
            rounds,
        )
        count = len(client.plan("y25i01", EVERYTHING, "*").requests)
    section = "metadata"

    def milliseconds(name: str) -> Spread:
        return Spread.of_times(times[name], 1000)

    return [
        Figure(section, "5,000 members and 240 periods parsed", milliseconds("parse"), "ms", 50),
        Figure(section, "the same from the cache", milliseconds("cached"), "ms", 50),
        Figure(section, f"plan of {count} requests, with addresses", milliseconds("plan"), "ms", 100),
    ]


def imports(rounds: int) -> list[Figure]:
    """What the import adds to those of pandas, requests and requests-cache."""
    with tempfile.TemporaryDirectory() as directory:
        # All compiled once, as an installation does.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": directory, "PYTHONDONTWRITEBYTECODE": ""}
        run("import", environment=environment)
        found = [run("import", environment=environment) for _ in range(rounds)]
    shares = [100 * one["ours"] / one["base"] for one in found]
    return [Figure("import", "added to pandas, requests, requests_cache", Spread.of(shares), "%", 15)]


def guarded(cells: int, rounds: int) -> list[Figure]:
    """The guarded column beside Float64."""
    section = f"guard, {cells:,} cells"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that results are biased by what is hidden, which is not timed here
        measured = guard.measure(cells, rounds)
    return [
        Figure(
            section,
            name,
            Spread.of([ours / max(theirs, 1e-9) for ours, theirs in pairs]),
            "x",
            guard.GOALS[name],
        )
        for name, pairs in measured.items()
    ]


def stored(cells: int, rounds: int) -> list[Figure]:
    """Parquet of the guarded frame beside plain pandas on the plain columns."""
    figures = []
    for count in (1, 4):
        section = f"Parquet, {cells:,} cells, {count} measure{'s' * (count > 1)}"
        with tempfile.TemporaryDirectory() as directory:
            found = parquet.compare(parquet.frame_of(cells, count), Path(directory), rounds)
        figures += [
            Figure(section, f"{name} / plain pandas", Spread.of(list(ratios)), "x", parquet.GOALS[name])
            for name, ratios in found.items()
        ]
    return figures


def end_to_end(latencies: tuple[float, ...], parts: int) -> list[Figure]:
    """The first run, over a server of this machine: wall time, one request after another, and several at once."""
    case = Case(parts * CELLS_PER_MONTH, CELLS_PER_MONTH)
    bodies = {period: case.json([period]) for period in case.question.periods}
    table = FixedTable(case.metadata, rows=lambda asked: bodies[asked["period.M"]])
    figures = []
    for latency in latencies:
        section = f"end to end, {parts} requests, latency {latency:g} s"
        with sandbox.serve(tables={"y25i01": table}) as api, tempfile.TemporaryDirectory() as directory:
            if latency:
                api.faults.add("latency", times=None, seconds=latency)
            seconds = {}
            start = time.perf_counter()
            with requests.Session() as session:
                session.headers["Authorization"] = f"Bearer {api.token}"
                rivals.user_frame([session.get(f"{api.url}/{r.path}").json() for r in case.question.requests])
            seconds["user's JSON"] = time.perf_counter() - start
            for connections in (1, 2, 4):
                client = Client(
                    api.token,
                    api.url,
                    Path(directory, str(connections)),
                    max_cells=CELLS_PER_MONTH,
                    connections=connections,
                )
                client.table("y25i01")
                start = time.perf_counter()
                client.read("y25i01", EVERYTHING, "*", progress=False)
                seconds[f"ours, {connections} at once"] = time.perf_counter() - start
        figures += [Figure(section, name, Spread.of([value]), "s wall") for name, value in seconds.items()]
    return figures


def warm() -> None:
    """Load what is loaded once."""
    case = Case(2_000, 10**9)
    cpu(lambda: rivals.ours(case.bodies(), case.question))
