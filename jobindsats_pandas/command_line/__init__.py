"""The commands of ``jobindsats``.

Data go to standard output, everything else to standard error; the exit status is 0, 1 after an error, 2 for a command
that cannot be read.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from typing import TYPE_CHECKING, Any

import jobindsats_pandas as ji
from jobindsats_pandas.command_line import keeping, living, looking, questions, trying
from jobindsats_pandas.command_line.speaking import on_a_terminal, tell, telling, write_what_comes
from jobindsats_pandas.errors import ConfigurationError, JobindsatsError, NotCachedError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_FIRST = (
    "`jobindsats demo` shows the package at work, with no key and no network; `jobindsats key set` keeps your key.\n"
    "`jobindsats --help` lists the commands, and each has its own --help."
)
_STATUS = "exit status: 0; 1 after an error, or where nothing was found; 2 for a command that cannot be read; 130 after Ctrl-C"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        The exit status.
    """
    options, strange = _parser().parse_known_args(arguments)
    if strange:
        # argparse itself shows what the words before the command may be, and not what this command takes.
        options.parser.error(f"unrecognized arguments: {' '.join(strange)}")
    if options.run is None:
        print(_FIRST, file=sys.stderr)
        return 2
    write_what_comes()
    try:
        with warnings.catch_warnings(), telling(options.verbose), on_a_terminal():
            warnings.showwarning = lambda message, *_, **__: tell(message, options)
            return int(options.run(options) or 0)
    except JobindsatsError as error:
        tell("\n".join([str(error), *getattr(error, "__notes__", ())]), options)
        # Neither without a key nor offline was anything sent.
        if error.curl and not isinstance(error, ConfigurationError | NotCachedError):
            print(f"\nThe request: {error.curl}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, `head` for instance, has seen enough.
        sys.stderr.close()
        return 1
    except OSError as error:
        words = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else error
        print(f"jobindsats: {words}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("jobindsats: stopped; what was fetched is in the cache, ask again to go on.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jobindsats", description="Jobindsats in pandas, from the command line.", epilog=_STATUS
    )
    parser.set_defaults(run=None, parser=parser)
    parser.add_argument("--version", action="version", version=f"jobindsats-pandas {ji.__version__}")
    parser.add_argument(
        "--verbose",
        action="count",
        default=0,
        help="tell what is asked, taken from disk, waited for and split; twice: every request",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, epilog=_STATUS)
        added.set_defaults(run=run, parser=added)
        return added

    for room in (trying, looking, questions, living, keeping):
        room.add(command)
    return parser
