"""What every test shares: a sandbox, a client of it, and no way to the outside."""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

import jobindsats_pandas as ji

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

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


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One process more than processors: every tenth second of a test it waits for a server that drips, or for another process."""
    return (yield) + 1


#: Suites and tests that go through the whole package, through much of pandas or a picture, or one path thousands of times. Each
#: module's own tests have to cover it without them: tracing these would cost as much again as running them. None of them is the
#: only one to reach a line or a branch: `--cov-context=test`, with which they are traced too, tells.
UNTRACED = {
    "test_extension_array",
    "test_faults",
    "test_guard_recipes",
    "test_sums_over_the_population",
    "test_worlds",
    "test_accessor::test_every_method_works_on_a_frame_as_read",
    "test_accessor::test_other_numbers_in_totals_change_nothing_but_those_cells_shown_as_themselves",
    "test_areas::test_the_warning_holds_for_every_shape_of_a_frame",
    "test_arguments::test_a_wrong_argument_is_taken_or_refused_by_an_error_of_the_package",
    "test_asked_periods::test_what_was_read_can_be_kept_and_read_again",
    "test_audit::test_a_dimension_may_be_called_as_a_column_of_the_audit",
    "test_audit::test_the_cost_of_a_breakdown_is_what_its_total_would_still_hide",
    "test_client::test_a_question_that_times_out_is_halved",
    "test_client::test_a_short_name_is_unique_in_its_table_and_never_that_of_a_dimension",
    "test_client::test_a_split_question_gives_the_same_frame",
    "test_client::test_shuffling_a_question_changes_neither_the_frame_nor_the_cache",
    "test_client::test_the_frame_equals_the_population_and_hides_what_the_rule_hides",
    "test_client::test_two_million_cells_with_a_fifth_of_the_requests_failing_equal_the_unsplit_truth",
    "test_client::test_wide_and_long_hold_the_same_cells",
    "test_command_line::test_an_interrupted_read_goes_on_where_it_stopped",
    "test_decoding::test_every_combination_has_its_labels_however_many_members_there_are",
    "test_decoding::test_shuffled_rows_parts_and_columns_give_the_identical_frame",
    "test_disclosure_addresses::test_a_registry_survives_json_and_pickle",
    "test_disclosure_addresses::test_merging_registries_renumbers_cells_without_changing_them",
    "test_disclosure_addresses::test_numbers_and_cells_are_one_to_one",
    "test_disclosure_array::test_cells_keep_value_status_and_part_on_every_journey",
    "test_disclosure_array::test_cells_keep_what_they_are_through_reshaping",
    "test_disclosure_rules::test_a_sum_goes_through_in_pandas_exactly_if_the_rules_allow_it",
    "test_disclosure_rules::test_a_sum_keeps_its_period_and_the_nearest_common_ancestor_or_its_members",
    "test_disclosure_rules::test_bounds_are_those_of_the_rule_and_no_wider",
    "test_disclosure_rules::test_bounds_of_the_children_contain_the_published_parent",
    "test_disclosure_rules::test_no_cell_is_in_a_sum_of_sums_twice",
    "test_disclosure_rules::test_the_first_line_of_advice_works_for_the_frame",
    "test_disclosure_rules::test_the_order_of_cells_changes_nothing",
    "test_disclosure_rules::test_the_vectorised_rules_say_what_the_plain_ones_say",
    "test_disclosure_statuses::test_what_stands_in_the_place_of_a_hidden_cell_is_hidden_or_a_guess",
    "test_disclosure_warnings::test_pictures_that_add_nothing_do_not_warn",
    "test_doctor::test_a_refused_form_is_shown_and_kept_no_further_than_it_was_seen",
    "test_doctor::test_a_single_refusal_of_the_hosting_is_passed_over",
    "test_doctor::test_a_wrong_clock_is_told",
    "test_doctor::test_several_measures_of_a_group_are_tried_where_a_table_has_them",
    "test_doctor::test_the_client_sends_no_form_that_the_doctor_saw_refused",
    "test_doctor::test_whatever_is_refused_it_asks_little_and_keeps_only_what_it_saw",
    "test_documents::test_any_document_is_read_as_it_was_written",
    "test_documents::test_no_document_that_was_cut_is_read",
    "test_engines::test_engines_read_after_an_update_what_we_read",
    "test_exporting::test_a_dataset_is_what_a_read_is_and_its_columns_are_of_one_type",
    "test_exporting::test_after_ten_releases_a_dataset_is_a_fresh_read",
    "test_exporting::test_an_export_that_broke_goes_on_where_it_stopped",
    "test_exporting::test_an_older_answer_is_never_taken_for_a_new_one",
    "test_exporting::test_an_update_writes_the_periods_that_changed_and_leaves_the_others",
    "test_exporting::test_each_cell_is_asked_for_once_and_a_second_export_asks_for_none",
    "test_exporting::test_killed_at_any_moment_the_old_or_the_new_stands_and_the_next_run_goes_on",
    "test_exporting::test_periods_that_pandas_does_not_know_make_a_dataset_too",
    "test_exporting::test_what_was_announced_and_did_not_come_is_asked_for_again_and_is_no_release",
    "test_fast_rows::test_an_ordinary_answer_takes_the_fast_path",
    "test_fast_rows::test_answers_read_piece_by_piece_are_the_same",
    "test_fast_rows::test_both_paths_give_the_same_for_a_damaged_answer",
    "test_fast_rows::test_both_paths_give_the_same_for_any_answer",
    "test_fast_rows::test_both_paths_give_the_same_for_any_spelling_of_a_number",
    "test_fast_rows::test_both_paths_give_the_same_whatever_is_put_wherever_into_an_answer",
    "test_fast_rows::test_both_paths_give_the_same_wherever_quotes_and_commas_stand",
    "test_files::test_a_new_file_has_the_rights_of_any_file_and_the_umask_is_never_touched",
    "test_framed::test_a_dimension_goes_by_the_same_names_in_every_function",
    "test_framed::test_a_level_goes_by_the_same_names_after_whatever_pandas_did",
    "test_framed::test_a_measure_goes_by_the_same_names_in_every_function",
    "test_gathering::test_every_request_is_answered_once",
    "test_grids::test_a_grid_holds_the_rows_that_came_and_no_others",
    "test_layers::test_a_module_imports_only_from_lower_floors",
    "test_layers::test_files_and_functions_stay_short",
    "test_layouts::test_one_measure_lies_across",
    "test_layouts::test_statuses_keep_labels_that_repeat_or_nest",
    "test_messages::test_every_place_that_makes_a_message_has_an_example_of_it_and_no_other_has",
    "test_metadata::test_a_document_damaged_anywhere_is_read_or_refused_and_nothing_else",
    "test_metadata::test_a_large_table_is_parsed_fast",
    "test_metadata::test_bytes_cut_out_or_replaced_are_read_or_refused_and_nothing_else",
    "test_metadata::test_no_member_of_the_deepest_level_stands_above_another",
    "test_metadata::test_periods_in_any_order_give_one_table",
    "test_names_as_written::test_a_long_search_is_told_short",
    "test_notebooks::test_a_notebook_runs_from_clean_and_warns_of_nothing",
    "test_other_programs::test_a_formula_fits_with_and_without_hidden_cells",
    "test_parquet::test_a_label_of_a_single_row_is_enough_to_tell_its_cell",
    "test_parquet::test_a_partitioned_directory_comes_back_exactly",
    "test_parquet::test_any_frame_comes_back_exactly",
    "test_parquet::test_directories_are_named_as_other_programs_expect",
    "test_parquet::test_frames_as_read_come_back_exactly",
    "test_parquet_faults::test_a_flipped_bit_changes_nothing_or_is_refused",
    "test_parquet_faults::test_a_flipped_bit_in_a_directory_is_refused",
    "test_parquet_selecting::test_each_column_alone_is_what_it_is_beside_the_others",
    "test_plotting::test_a_hidden_count_is_a_band_from_0_to_the_limit_of_the_rule",
    "test_plotting::test_a_measure_is_found_by_column_name_id_and_short_name",
    "test_plotting::test_a_rolling_year_and_all_the_other_tables_can_be_drawn",
    "test_plotting::test_an_axis_far_from_0_says_that_it_does_not_begin_there",
    "test_plotting::test_bars_and_the_audit_tell_of_gaps_too_and_quarters_and_years_by_their_names",
    "test_plotting::test_every_cell_is_drawn_as_what_it_is_and_as_nothing_else",
    "test_plotting::test_nothing_is_cut_off_and_no_names_overlap",
    "test_plotting::test_numbers_on_the_axis_are_danish",
    "test_plotting::test_of_many_members_the_largest_are_drawn_and_the_others_told",
    "test_plotting::test_periods_have_danish_names",
    "test_plotting::test_the_audit_chooses_what_the_shares_differ_most_by",
    "test_plotting::test_the_picture_stays_the_same_whatever_became_of_the_other_columns",
    "test_plotting::test_the_pictures_look_as_they_did",
    "test_plotting::test_the_unknown_area_is_named_where_it_is_left_out_and_only_there",
    "test_plotting_kinds::test_each_municipality_has_a_tile_of_its_own",
    "test_plotting_kinds::test_nothing_is_cut_off_in_a_figure_of_the_users_own",
    "test_plotting_kinds::test_parts_and_hidden_cells_are_told_apart_in_grey",
    "test_plotting_kinds::test_shares_are_of_the_sum_with_hidden_parts_at_their_highest_and_of_no_total",
    "test_plotting_kinds::test_shares_with_hidden_parts_have_no_line_at_100",
    "test_plotting_kinds::test_the_band_of_a_stack_is_the_interval_of_the_rule",
    "test_plotting_kinds::test_the_pictures_look_as_they_did",
    "test_queries::test_a_name_is_looked_up_not_searched_for",
    "test_queries::test_a_plan_of_five_hundred_requests_is_made_fast",
    "test_queries::test_an_address_too_long_for_its_measures_says_so",
    "test_queries::test_halving_to_the_end_covers_exactly_the_request",
    "test_queries::test_no_address_is_too_long",
    "test_queries::test_the_order_of_members_dimensions_measures_and_periods_changes_nothing",
    "test_queries::test_the_parts_are_exactly_the_question_none_too_large_and_no_more_than_needed",
    "test_readme::test_every_command_runs",
    "test_readme::test_every_python_block_of_a_page_runs_in_order_and_shows_the_text_below_it",
    "test_revisions::test_a_million_cells_are_compared_in_seconds",
    "test_revisions::test_a_revision_is_found_exactly_as_the_population_knows_it",
    "test_revisions::test_changes_are_those_of_a_dictionary_whatever_the_order",
    "test_row_columns::test_any_rows_come_back_as_they_went",
    "test_sandbox::test_150_000_cells_are_answered_in_a_moment",
    "test_sandbox::test_a_byte_order_mark_comes_now_and_then_and_always_for_the_same_address",
    "test_sandbox::test_any_valid_question_gets_exactly_what_is_published",
    "test_sandbox_faults::test_a_fault_never_changes_the_right_answer_that_comes_after_it",
    "test_sandbox_levels::test_level_brings_the_total_too_unless_it_stands_apart",
    "test_sandbox_population::test_distinct_persons_and_amounts_equal_a_count_person_by_person",
    "test_sandbox_population::test_every_published_figure_follows_from_the_truth_by_the_rule",
    "test_sandbox_refusals::test_a_form_is_refused_beyond_its_limit_and_every_other_is_taken",
    "test_sandbox_releases::test_after_ten_releases_every_list_of_changes_is_what_came_over_the_wire",
    "test_sandbox_releases::test_ten_releases_are_cheap",
    "test_sandbox_releases::test_whatever_is_published_the_list_of_changes_is_what_came_over_the_wire",
    "test_totals::test_bounds_contain_the_truth",
    "test_totals::test_bounds_of_the_recorded_parts_contain_every_published_parent",
    "test_totals::test_the_line_of_the_error_gets_the_rows_when_pasted",
    "test_transport::test_no_flipped_bit_of_columns_ever_gives_other_rows",
    "test_transport_adapter::test_each_answer_that_is_none_becomes_its_error_after_the_tries_it_is_worth",
    "test_transport_deadline::test_encryption_that_never_begins_is_no_slow_answer",
    "test_transport_deadline::test_no_stage_of_an_answer_can_be_dripped_beyond_the_budget",
    "test_transport_distrust::test_no_echo_of_the_key_reaches_anybody",
    "test_transport_learned::test_any_plain_json_comes_back_as_it_went",
    "test_transport_storage::test_looking_at_a_large_cache_takes_no_time_to_speak_of",
    "test_triangles::test_every_number_that_is_shown_stands_in_its_tile",
    "test_updating::test_a_folder_of_releases_holds_those_of_one_question",
    "test_updating::test_a_question_is_asked_again_as_it_was_asked",
    "test_updating::test_killed_at_any_moment_the_old_or_the_new_stands_and_the_next_run_goes_on",
    "test_updating::test_ten_nights_with_one_change_bring_less_than_a_seventh_of_ten_reads",
    "test_updating_faults::test_a_cache_that_cannot_be_written_is_no_hindrance",
    "test_updating_faults::test_a_disk_that_is_full",
    "test_updating_faults::test_a_member_that_is_new_and_one_that_is_renamed",
    "test_updating_faults::test_metadata_that_are_newer_than_the_data",
}


def tracing() -> Any:
    """The coverage that is measured in this process, or None."""
    module = sys.modules.get("coverage")
    return module and module.Coverage.current()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """With pytest-xdist, end the tracing that pytest-cov began before it knew which process this is.

    In one that runs tests pytest-cov begins another as soon as this is done; nobody looks at what the first would see, but it
    would go on wherever the other pauses. The one that hands the tests out runs none: what it sees is the package's import.
    """
    distributed = session.config.pluginmanager.hasplugin("dsession") or hasattr(session.config, "workerinput")
    if distributed and (first := tracing()):
        first.stop()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Collect without tracing; what it imports of the package is imported before, since that runs its lines."""
    traced = tracing()
    if traced is None:
        return (yield)
    for module in pkgutil.walk_packages(ji.__path__, f"{ji.__name__}."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    with pausing(traced):
        return (yield)


@contextlib.contextmanager
def pausing(coverage: Any) -> Iterator[None]:
    """Pause the tracing for as long as the ``with`` block lasts."""
    coverage.stop()
    try:
        yield
    finally:
        coverage.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run what is marked as untraced, what it sets up included, without coverage's tracing.

    With ``--cov-context=test`` all is traced, which tells the lines that only an untraced test reaches.
    """
    untraced = item.get_closest_marker("untraced") and not item.config.getoption("cov_context", None)
    paused = tracing() if untraced else None
    if paused is None:
        return (yield)
    with pausing(paused):
        return (yield)


def pytest_collection_finish() -> None:
    """Take what was imported and collected out of the garbage collector's sight: it stays to the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        suite, test = item.path.stem, getattr(item, "originalname", "")
        if {suite, f"{suite}::{test}"} & UNTRACED:
            item.add_marker(pytest.mark.untraced)


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
