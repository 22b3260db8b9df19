"""What every test shares: a sandbox, a client of it, and no way to the outside."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

import jobindsats_pandas as ji

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

#: Checked by mypy and run as a command; importing them as tests would ask the real API.
collect_ignore = ["typing_of_public_names.py", "__main__.py"]

SHARED = Path(__file__).parents[2] / "shared"

hypothesis.settings.register_profile(
    "project",
    deadline=None,  # the machine's load is no property of the code
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("project")


@pytest.fixture(autouse=True, scope="session")
def offline() -> Iterator[None]:
    """Connections leave this machine in no test."""
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not str(address[0]).startswith(
            ("127.", "::1")
        ):
            raise AssertionError(f"a test wants to reach {address!r}")
        connect(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", only_loopback)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JOBINDSATS_API_TOKEN", "JOBINDSATS_API_KEY", "JOBINDSATS_API_URL", "JOBINDSATS_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The directory of recorded answers, which a stranger's clone does not have."""
    directory = SHARED / "recorded"
    if not directory.is_dir():
        pytest.skip("the recorded answers of the real API lie beside the project, and are not here")
    return directory


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    """A sandbox of the module's own."""
    with ji.sandbox.serve() as server:
        yield server


@pytest.fixture
def client(api: Any, tmp_path: Path) -> ji.Client:
    """A client of the module's sandbox with an empty cache."""
    return ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "cache")


@pytest.fixture(scope="module")
def reader(api: Any, tmp_path_factory: pytest.TempPathFactory) -> ji.Client:
    """A client of the module's sandbox, with a cache that the whole module shares."""
    return ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def crossed(reader: ji.Client) -> pd.DataFrame:
    """Municipality by benefit, totals among them."""
    return reader.read("y25i01", by={"_nykom": "*", "_ygrpi09": "*"}, periods="latest:3")


@pytest.fixture(scope="module")
def sanctions(reader: ji.Client) -> pd.DataFrame:
    """Funds with hidden cells, and their total."""
    return reader.read("y01h01", by={"_akassedp": "*"}, periods="latest:4")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="run the fault suite at its full counts, not a tenth of them"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--full"):
        os.environ["JOBINDSATS_FULL"] = "1"


#: Suites and tests that go through the whole package, or one path of it thousands of times. Each module's own tests have to
#: cover it without them: tracing these would cost as much again as running them.
UNTRACED = {
    "test_extension_array",
    "test_faults",
    "test_guard_recipes",
    "test_sums_over_the_population",
    "test_worlds",
    "test_accessor::test_other_numbers_in_totals_change_nothing_but_those_cells_shown_as_themselves",
    "test_client::test_the_frame_equals_the_population_and_hides_what_the_rule_hides",
    "test_client::test_two_million_cells_with_a_fifth_of_the_requests_failing_equal_the_unsplit_truth",
    "test_decoding::test_shuffled_rows_parts_and_columns_give_the_identical_frame",
    "test_disclosure_rules::test_bounds_are_those_of_the_rule_and_no_wider",
    "test_disclosure_warnings::test_pictures_that_add_nothing_do_not_warn",
    "test_doctor::test_whatever_is_refused_it_asks_little_and_keeps_only_what_it_saw",
    "test_fast_rows::test_both_paths_give_the_same_for_a_damaged_answer",
    "test_fast_rows::test_both_paths_give_the_same_for_any_answer",
    "test_fast_rows::test_both_paths_give_the_same_whatever_is_put_wherever_into_an_answer",
    "test_framed::test_a_dimension_goes_by_the_same_names_in_every_function",
    "test_metadata::test_a_large_table_is_parsed_fast",
    "test_metadata::test_a_document_damaged_anywhere_is_read_or_refused_and_nothing_else",
    "test_parquet::test_any_frame_comes_back_exactly",
    "test_parquet_faults::test_a_flipped_bit_changes_nothing_or_is_refused",
    "test_parquet_faults::test_a_flipped_bit_in_a_directory_is_refused",
    "test_queries::test_a_plan_of_five_hundred_requests_is_made_fast",
    "test_queries::test_a_name_is_looked_up_not_searched_for",
    "test_queries::test_no_address_is_too_long",
    "test_queries::test_the_parts_are_exactly_the_question_none_too_large_and_no_more_than_needed",
    "test_revisions::test_a_million_cells_are_compared_in_seconds",
    "test_revisions::test_a_revision_is_found_exactly_as_the_population_knows_it",
    "test_revisions::test_changes_are_those_of_a_dictionary_whatever_the_order",
    "test_sandbox::test_150_000_cells_are_answered_in_a_moment",
    "test_sandbox::test_any_valid_question_gets_exactly_what_is_published",
    "test_sandbox_levels::test_level_brings_the_total_too_unless_it_stands_apart",
    "test_sandbox_population::test_every_published_figure_follows_from_the_truth_by_the_rule",
    "test_sandbox_releases::test_ten_releases_are_cheap",
    "test_sandbox_releases::test_after_ten_releases_every_list_of_changes_is_what_came_over_the_wire",
    "test_sandbox_releases::test_whatever_is_published_the_list_of_changes_is_what_came_over_the_wire",
    "test_totals::test_bounds_contain_the_truth",
    "test_transport_distrust::test_no_echo_of_the_key_reaches_anybody",
    "test_transport_storage::test_looking_at_a_large_cache_takes_no_time_to_speak_of",
    "test_updating::test_killed_at_any_moment_the_old_or_the_new_stands_and_the_next_run_goes_on",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        suite, test = item.path.stem, getattr(item, "originalname", "")
        if {suite, f"{suite}::{test}"} & UNTRACED:
            item.add_marker(pytest.mark.no_cover)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what the fault suite counted, as one table."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    lines = [
        json.loads(value)
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == "fault"
    ]
    if not lines:
        return
    counts = ("injected", "right", "wrong", "unexpected", "lost", "hung")
    width = max(len(line["fault"]) for line in lines)
    terminalreporter.write_sep("=", "faults")
    terminalreporter.write_line(f"{'fault':{width}}" + "".join(f"{count:>11}" for count in counts) + "  note")
    for line in lines:
        figures = "".join(f"{line[count]:>11,}" for count in counts)
        terminalreporter.write_line(f"{line['fault']:{width}}{figures}  {line['note']}")
    totals = "".join(f"{sum(line[count] for line in lines):>11,}" for count in counts)
    terminalreporter.write_line(f"{'all':{width}}{totals}")
