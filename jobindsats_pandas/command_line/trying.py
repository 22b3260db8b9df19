"""``demo`` and ``sandbox``: the package without a key and without a network."""

from __future__ import annotations

import errno
import tempfile
from argparse import ArgumentTypeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobindsats_pandas as ji
from jobindsats_pandas.accessor import FrameAccessor
from jobindsats_pandas.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add"]


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add these commands."""
    command(
        "demo", _demo, "Show the package at work: a local API with synthetic data, no key and no network."
    )

    server = command(
        "sandbox", _sandbox, "Run a local API with synthetic data until Ctrl-C, for curl and other tools."
    )
    server.add_argument("--port", type=_port, default=8025, help="a free port (default: 8025)")


def _demo(_: argparse.Namespace) -> None:
    question: dict[str, Any] = {"by": {"A-kasse": "*"}, "periods": "latest:2"}
    with ji.sandbox.serve() as api:
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=api.cache_dir)
        print("A local API with synthetic data answers; no key, no network.\n")
        print(">>> ji.plan('y01h01', by={'A-kasse': '*'}, periods='latest:2')")
        print(ji.plan("y01h01", **question, client=client), "\n")
        print(">>> df = ji.read_jobindsats('y01h01', by={'A-kasse': '*'}, periods='latest:2')")
        frame = ji.read_jobindsats("y01h01", **question, client=client)
        short = {name: name.rpartition(": ")[2] for name in frame.columns}
        print(frame.rename(columns=short).iloc[:, :7].head(12).to_string(max_colwidth=28), "\n")
        column = frame.columns[5]
        print(">>> newest = df[df['Periode'] == df['Periode'].max()]")
        print(f">>> newest.jobindsats.parts('A-kasse')['{column}'].sum()")
        newest = frame[frame["Periode"] == frame["Periode"].max()]
        try:
            newest.jobindsats.parts("A-kasse")[column].sum()
        except ji.InvalidSumError as error:
            print(f"InvalidSumError: {error}\n")
        print(f">>> newest.jobindsats.official_total('{column}')")
        print(newest.jobindsats.official_total(column).rename(columns=short).to_string(index=False), "\n")
        sent = len(api.requests)
        again = ji.read_jobindsats("y01h01", **question, client=client)
        print(f"The same question again: {len(api.requests) - sent} requests, equal: {again.equals(frame)}\n")
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "ledige.parquet")
            FrameAccessor(frame).to_parquet(path)
            same = ji.read_parquet(path).equals(frame)
        print(
            f">>> df.jobindsats.to_parquet('{path.name}'); ji.read_parquet('{path.name}').equals(df)\n{same}"
        )


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 2**16):
        raise ArgumentTypeError(f"{text!r} is no port: a number from 0 to 65535, and 0 takes a free one")
    return int(text)


def _sandbox(options: argparse.Namespace) -> None:
    try:
        ji.sandbox.run(port=options.port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise ConfigurationError(
            f"Another program has port {options.port}, perhaps another `jobindsats sandbox`. --port 0 takes a free one."
        ) from None
