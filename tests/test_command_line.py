"""The command line: data to standard output, the rest to standard error, an honest exit status."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.command_line import main
from jobindsats_pandas.command_line.speaking import as_text

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def environment(api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", api.token)
    monkeypatch.setenv("JOBINDSATS_API_URL", api.url)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def test_the_demo_shows_plan_hidden_cells_refused_sum_cache_and_file_and_leaves_nothing(
    capsys: Any, tmp_path: Path
) -> None:
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert "curl" in shown
    assert "<3" in shown
    assert "InvalidSumError: sum: refused" in shown
    assert "0 requests, equal: True" in shown
    assert shown.endswith("ji.read_parquet('ledige.parquet').equals(df)\nTrue\n")
    assert not [path for path in tmp_path.iterdir() if path.name != "cache"]


@pytest.mark.parametrize("port", ["-1", "65536", "99999999", "x", "²"])
def test_a_port_that_cannot_be_is_refused_in_words(port: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sandbox", "--port", port])
    assert ended.value.code == 2
    assert "is no port: a number from 0 to 65535" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_with_the_way_to_a_free_one(api: Any, capsys: Any) -> None:
    port = api.url.rpartition(":")[2].partition("/")[0]
    assert main(["sandbox", "--port", port]) == 1
    assert capsys.readouterr().err == (
        f"jobindsats: Another program has port {port}, perhaps another `jobindsats sandbox`. --port 0 takes a free one.\n"
    )


@pytest.mark.parametrize("failed", [PermissionError(errno.EACCES, "Permission denied"), OSError("odd")])
def test_another_failure_of_the_port_is_told_as_it_is(
    failed: OSError, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ji.sandbox, "run", Mock(side_effect=failed))
    assert main(["sandbox"]) == 1
    assert capsys.readouterr().err == f"jobindsats: {failed}\n"


@pytest.mark.parametrize(
    ("command", "takes"),
    [
        ("read y25i01 --names short", "--measures MEASURES"),
        ("read y25i01 Kommune", "--by DIMENSION"),
        ("cache clear y25i01", "--table TABLE"),
        ("subjects --cvs", "--csv"),
        ("--verbos", "--verbose"),
    ],
)
def test_what_a_command_does_not_take_is_told_beside_what_it_takes(
    command: str, takes: str, capsys: Any
) -> None:
    words = command.split()
    with pytest.raises(SystemExit) as ended:
        main([*words, "--nothing"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    of_it = words[0] if words[0].isalpha() else ""
    assert told.startswith(f"usage: jobindsats {of_it}")
    assert takes in told
    assert told.rstrip().endswith("--nothing")


@pytest.mark.filterwarnings("default")
def test_the_catalogue_and_a_table(capsys: Any) -> None:
    assert main(["subjects"]) == 0
    assert "Ledighed" in capsys.readouterr().out
    assert main(["tables", "sanktioner"]) == 0
    assert "y01h01" in capsys.readouterr().out
    for everything in (["tables"], ["tables", ""], ["tables", " "]):
        assert main(everything) == 0
        assert "y25i01" in capsys.readouterr().out
    assert main(["table", "Y25I01"]) == 0
    assert "_nykom" in capsys.readouterr().out
    assert main(["members", "y25i01", "Kommune"]) == 0
    assert "Ærø" in capsys.readouterr().out
    assert main(["members", "y25i01"]) == 0
    assert "_akassebl" in capsys.readouterr().out
    assert main(["find", "ærø"]) == 0
    found, told = capsys.readouterr()
    assert {"y25i01", "Ærø"} <= set(found.split())
    assert "of 10 tables: those that were looked at or read before." in told.replace("13", "10")
    assert main(["tables", "xyzzy"]) == 1
    assert (
        "No table holds 'xyzzy'. Try fewer or other words. Members were looked for in"
        in capsys.readouterr()[1]
    )


def test_reading_prints_csv_with_the_statuses_beside_the_numbers(capsys: Any) -> None:
    question = ["y01h01", "--by", "A-kasse=FOAs A-kasse", "--by", "A-kasse=Min A-kasse", "--periods", "2"]
    assert main(["read", *question]) == 0
    frame = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert len(frame) == 4
    assert set(frame["A-kasse"]) == {"FOAs A-kasse", "Min A-kasse"}
    assert [name for name in frame if name.endswith("_status")]


@pytest.mark.parametrize("ending", ["parquet", "csv", "xlsx"])
def test_reading_writes_files(ending: str, capsys: Any, tmp_path: Path) -> None:
    path = tmp_path / f"ledighed æøå.{ending}"
    assert main(["read", "y28a15", "--by", "A-kasse", "--periods", "2024Y01:", "--out", str(path)]) == 0
    captured = capsys.readouterr()
    assert not captured.out
    assert "rows written" in captured.err
    expected = ji.read_jobindsats("y28a15", by="A-kasse", periods="2024Y01:")
    if ending == "parquet":
        pd.testing.assert_frame_equal(ji.read_parquet(path), expected)
    else:
        read = pd.read_csv(path) if ending == "csv" else pd.read_excel(path)
        assert len(read) == len(expected)
        assert read["A-kasse"].to_list() == expected["A-kasse"].to_list()


def test_errors_go_to_standard_error_without_a_traceback(capsys: Any) -> None:
    assert main(["read", "y25i01", "--by", "Komune"]) == 1
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err.startswith(
        "jobindsats: Table y25i01 has no dimension or hierarchy 'Komune'. Did you mean"
    )
    assert "Traceback" not in captured.err
    assert main(["read", "y25i01", "--out", "x.docx"]) == 1
    assert ".parquet" in capsys.readouterr().err
    assert main(["read", "y28a15", "--out", "no/such/directory/x.csv"]) == 1
    with pytest.raises(SystemExit) as caught:
        main(["reed"])
    assert caught.value.code == 2


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_line(capsys: Any) -> None:
    assert main(["read", "y28a15", "--periods", "latest:99"]) == 0
    assert "jobindsats: Table y28a15: latest:99 asks for more periods" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_the_curl_commands_of_a_plan_work_as_pasted(api: Any, capsys: Any) -> None:
    assert main(["plan", "y01c01", "--by", "Tilbud=*", "--periods", "latest:2"]) == 0
    commands = capsys.readouterr().out
    assert api.token not in commands
    lines = commands.strip().splitlines()
    assert len(lines) == 4
    for line in lines:
        answer = subprocess.run(
            ["bash", "-c", line], capture_output=True, check=True, env=os.environ, timeout=30
        )
        assert b'"columns"' in answer.stdout


def test_powershell_commands_name_the_variable_and_not_the_key(api: Any, capsys: Any) -> None:
    assert main(["plan", "y25i01", "--powershell"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Invoke-RestMethod")
    assert "$env:JOBINDSATS_API_TOKEN" in shown
    assert api.token not in shown


def test_the_cache_is_shown_and_cleared(capsys: Any) -> None:
    main(["read", "y28a15"])
    main(["read", "y25i01"])
    capsys.readouterr()
    assert main(["cache", "info"]) == 0
    assert "4 answers" in capsys.readouterr().out
    assert main(["cache", "list"]) == 0
    assert "y28a15" in capsys.readouterr().out
    assert main(["cache", "clear", "--table", "y28a15"]) == 0
    assert "2 answers removed" in capsys.readouterr().err


def jobindsats(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobindsats_pandas", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_an_interrupted_read_goes_on_where_it_stopped(api: Any) -> None:
    question = ["read", "y30r21", "--by", "_nykom", "--by", "_aldera", "--by", "_kon", "--by", "_oprinda"]
    question += ["--periods", "latest:60", "--out", "x.parquet"]
    api.requests.clear()
    api.faults.add("latency", times=None, path="data/", seconds=0.4)
    process = jobindsats(*question)
    deadline = time.monotonic() + 60
    while (
        sum(r.status == 200 for r in list(api.requests) if "/data/" in r.path) < 3
        and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    assert "stopped" in error
    assert "Traceback" not in error
    api.faults.clear()
    before = {r.query for r in api.requests if "/data/" in r.path and r.status == 200}
    api.requests.clear()
    process = jobindsats(*question)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    again = [r.query for r in api.requests if "/data/" in r.path]
    assert len(before) >= 3
    assert len(set(again) & before) <= 2  # what was in the air at that moment
    # One look at newer metadata, before parts of two runs are joined.
    assert len([r for r in api.requests if "/table/" in r.path]) <= 1


def test_a_reader_that_has_seen_enough_is_no_traceback(api: Any) -> None:
    command = f"{sys.executable} -m jobindsats_pandas read y25i01 --by _nykom --periods 24 | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.startswith("Periode,")
    assert "Traceback" not in done.stderr


def test_the_sandbox_runs_for_a_shell_until_it_is_interrupted() -> None:
    process = jobindsats("sandbox", "--port", "0")
    assert process.stdout is not None
    lines = ""
    while "127.0.0.1" not in lines:
        lines += process.stdout.readline()
    assert re.search(r"http://127\.0\.0\.1:\d+/v3", lines)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode in {0, 130}


def test_an_error_of_the_api_shows_the_request_without_the_key(api: Any, capsys: Any) -> None:
    main(["table", "y28a15"])
    api.faults.add("422", path="data/", cause="Unknown something")
    assert main(["read", "y28a15"]) == 1
    error = capsys.readouterr().err
    assert "Unknown something" in error
    assert "The request: curl" in error
    assert api.token not in error
    assert main(["read", "y28a15", "--danish", "--out", "x.xlsx"]) == 1
    assert "--out file.csv" in capsys.readouterr().err


@pytest.mark.parametrize(("raised", "status"), [(BrokenPipeError, 1), (KeyboardInterrupt, 130)])
def test_what_ends_a_command_from_outside_is_no_traceback(
    raised: type[BaseException], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(**_: Any) -> None:
        raise raised

    monkeypatch.setattr(ji.sandbox, "run", ends)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert main(["sandbox"]) == status


def test_a_plain_name_beside_members_means_all_of_them(capsys: Any) -> None:
    assert main(["read", "y28a15", "--by", "A-kasse", "--by", "A-kasse=CA A-kasse", "--periods", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 10


def test_data_in_a_pipe_are_utf8_whatever_the_system_speaks(tmp_path):
    with ji.sandbox.serve() as api:
        done = subprocess.run(
            [sys.executable, "-m", "jobindsats_pandas", "table", "y25i01"],
            env={**os.environ, **_settings(api, tmp_path), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
            capture_output=True,
            check=True,
        )
    assert "Område" in done.stdout.decode("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of Unix")
def test_names_from_the_api_cannot_steer_a_terminal(tmp_path):
    import pty

    metadata = {
        "table_id": "x01",
        "table_name": "Ledige\x1b[2J\x1b]0;titel\x07",
        "periods": [{"periodtype_id": "M", "values": [{"period_id": "2026M01"}]}],
        "mgroups": [{"mgroup_id": "g", "measures": [{"measure_id": "m", "measure_name": "Antal sager"}]}],
        "dimensions": [],
    }
    with ji.sandbox.serve(tables={"x01": ji.sandbox.FixedTable(metadata)}) as api:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "jobindsats_pandas", "table", "x01"]
        environment = {**os.environ, **_settings(api, tmp_path)}
        done = subprocess.run(command, env=environment, stdout=theirs, stderr=subprocess.PIPE, check=True)
        os.close(theirs)
        shown = os.read(ours, 1 << 16).decode()
        os.close(ours)
    assert not done.stderr
    assert "Ledige\\x1b[2J" in shown
    assert "\x1b" not in shown


def _settings(api, tmp_path):
    return {
        "JOBINDSATS_API_URL": api.url,
        "JOBINDSATS_API_TOKEN": api.token,
        "JOBINDSATS_CACHE_DIR": str(tmp_path),
    }


@pytest.mark.filterwarnings("default::jobindsats_pandas.errors.QueryWarning")
@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("read y99", "`jobindsats tables WORDS` searches them"),
        ("read y28a15 --by A-kasse=Metl", "`jobindsats members y28a15 _akassedp` lists them"),
        ("read y28a15 --by A-kasse=", "`jobindsats members y28a15 _akassedp` lists them"),
        (
            "read y25i01 --by Kommune --by A-kasse --periods * --max-requests 1",
            "raise --max-requests on purpose",
        ),
        ("read y28a15 --offline", "`jobindsats cache list` shows"),
        ("read y28a15 --offline --refresh", "--refresh asks the API anew, and --offline forbids to ask it"),
        (r"read \y99\g<7>", "`jobindsats tables WORDS` searches them"),
        ("find metal", "find 'metal': "),
        ("tables xyzzy", "tables 'xyzzy': "),
        ("find xyzzy", "`jobindsats table ID` looks at another."),
    ],
)
def test_advice_is_given_in_the_words_of_the_command_line(capsys: Any, command: str, advice: str) -> None:
    assert main(command.split()) == 1
    told = capsys.readouterr().err.partition("The request:")[0]
    assert advice in told
    assert not re.search(r"\bji\.|\w\(['…)]|\w=(?![a-zæøå])", told)


def test_without_a_key_the_way_to_try_is_a_command(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBINDSATS_API_TOKEN")
    assert main(["read", "y28a15"]) == 1
    told = capsys.readouterr().err
    assert "Without one: `jobindsats sandbox` answers with synthetic data." in told
    assert "--offline takes what is on disk" in told
    for command in (["tables"], ["plan", "y28a15"], ["find", "ærø"], ["due"]):
        main(command)
        told = capsys.readouterr().err
        assert "offline" not in told, command


# --- one grammar --------------------------------------------------------------------------------------------------------


def read_csv(capsys: Any, *arguments: str) -> pd.DataFrame:
    assert main(["read", *arguments]) == 0
    return pd.read_csv(io.StringIO(capsys.readouterr().out))


JOURNALISTS = "A-kassen for Journalistik, Komm. og Sprog"


def test_commas_part_members_dimensions_and_measures_but_not_names_that_hold_one(capsys: Any) -> None:
    frame = read_csv(capsys, "y25i01", "--by", "Kommune=Aarhus, odense", "--periods", "1")
    assert frame["Område"].to_list() == ["Odense", "Aarhus"]
    frame = read_csv(capsys, "y01h01", "--by", f"A-kasse=FOAs A-kasse,{JOURNALISTS}", "--periods", "1")
    assert set(frame["A-kasse"]) == {"FOAs A-kasse", JOURNALISTS}
    frame = read_csv(capsys, "y25i01", "--by", "Region,A-kasse", "--periods", "1")
    assert {"Område", "A-kasse"} <= set(frame)
    by_age = ["--by", "Alder, tre grupper", "--by", "_region", "--periods", "1"]
    assert {"Alder", "Område"} <= set(read_csv(capsys, "y25i09", *by_age))
    measures = ["Antal personer, tilgang,Antal sager, tilgang", "Antal personer, tilgang"]
    for option, text in zip(["--measures", "--measure"], measures, strict=True):
        frame = read_csv(capsys, "y25i06b", option, text, "--periods", "1")
        assert [name for name in frame if name.endswith("tilgang")] == re.findall(r"Antal \w+, tilgang", text)


def test_a_wrong_name_among_several_is_told_alone(capsys: Any) -> None:
    assert main(["read", "y25i01", "--by", "Kommune=Aarhus,Odenes"]) == 1
    assert "has no member 'Odenes'" in capsys.readouterr().err


@pytest.mark.filterwarnings("default::jobindsats_pandas.errors.QueryWarning")
@pytest.mark.parametrize(
    ("command", "columns"),
    [
        ("subjects", ["subject_group_id", "subject_name"]),
        ("tables ledige", ["table_id", "update_latest", "link_tablepage", "matched"]),
        ("tables", ["table_id", "table_name", "link_infopage"]),
        ("members y28a15 A-kasse", ["member_id", "label", "level_name"]),
        ("members y28a15", ["hierarchy_id", "dimension_name"]),
        ("find foas", ["table_id", "table_name", "member_id"]),
        ("cache list", ["table", "url", "bytes"]),
    ],
)
def test_lists_come_as_json_and_csv_with_all_that_is_known(
    capsys: Any, command: str, columns: list[str]
) -> None:
    main(["table", "y28a15"])
    capsys.readouterr()
    assert main([*command.split(), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert set(columns) <= set(rows[0])
    assert main([*command.split(), "--csv"]) == 0
    frame = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert len(frame) == len(rows)
    assert list(frame) == list(rows[0])
    with pytest.raises(SystemExit):
        main([*command.split(), "--csv", "--json"])


@pytest.mark.filterwarnings("default::jobindsats_pandas.errors.QueryWarning")
def test_a_list_of_nothing_is_a_list_all_the_same(capsys: Any) -> None:
    assert main(["tables", "xyzzy", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == []
    main(["cache", "clear"])
    capsys.readouterr()
    assert main(["cache", "list"]) == 0
    assert capsys.readouterr() == ("", "jobindsats: the cache is empty.\n")
    assert main(["cache", "list", "--csv"]) == 0
    assert capsys.readouterr().out.startswith("table,url,")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_tables_fit_the_width_of_a_terminal_and_are_whole_in_a_pipe(width: int) -> None:
    frame = ji.Client().tables()
    lines = as_text(frame[["table_id", "update_latest", "table_name", "link_tablepage"]], width).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == len(frame) + 1
    assert lines[1].startswith("y25i01 ")
    assert ("…" in lines[1]) == (width < 120)
    whole = as_text(frame, None)
    assert all(name in whole for name in frame["table_name"])
    assert "…" not in whole
    # As narrow as it can be, and no narrower.
    assert as_text(frame, 5).count("\n") == len(frame)


def test_what_to_do_first_is_told_in_two_lines(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main([]) == 2
    shown = capsys.readouterr()
    assert not shown.out
    assert len(shown.err.splitlines()) == 2
    assert all(f"jobindsats {word}" in shown.err for word in ("demo", "key set", "--help"))
    monkeypatch.delenv("JOBINDSATS_API_TOKEN")
    assert main(["read", "y25i01", "--by", "Kommune"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "jobindsats key set" in told[0]
    assert "jobindsats sandbox" in told[1]


def test_the_help_tells_the_exit_status(capsys: Any) -> None:
    for command in ([], ["read"], ["cache"]):
        with pytest.raises(SystemExit) as caught:
            main([*command, "--help"])
        assert caught.value.code == 0
        assert "exit status: 0; 1 after an error" in " ".join(capsys.readouterr().out.split())


def test_the_curl_of_a_request_that_was_not_sent_is_not_shown(capsys: Any) -> None:
    assert main(["read", "y25i01", "--by", "Komune"]) == 1
    assert "curl" not in capsys.readouterr().err
    assert main(["read", "y25i01", "--offline", "--periods", "latest:3"]) == 1
    assert "curl" not in capsys.readouterr().err


def test_a_path_that_cannot_be_written_is_told_by_its_name_and_before_anything_is_asked(
    api: Any, capsys: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("here")
    asked = len(api.requests)
    for path in ("file/x.csv", "nowhere/x.csv"):
        assert main(["read", "y28a15", "--periods", "1", "--out", path]) == 1
        assert capsys.readouterr().err == f"jobindsats: {path}: There is no folder to write it into\n"
    assert len(api.requests) == asked
    (tmp_path / "x.csv").mkdir()
    assert main(["read", "y28a15", "--periods", "1", "--out", "x.csv"]) == 1
    assert capsys.readouterr().err == "jobindsats: x.csv: It is a directory\n"


def test_a_table_shows_the_command_that_reads_it(capsys: Any) -> None:
    assert main(["table", "y28a15"]) == 0
    shown = capsys.readouterr().out.splitlines()[-1]
    assert shown == "read it:  jobindsats read y28a15 --by _nykom --periods latest:12"
    assert main(shown.split()[3:]) == 0
