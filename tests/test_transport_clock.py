"""Danish time, with and without time zone data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from jobindsats_pandas.transport import clock
from jobindsats_pandas.transport.clock import EuropeanRule, expiry_moment, opening_moment


@pytest.fixture(params=["zone data", "no zone data"])
def _zone(request, monkeypatch):
    if request.param == "no zone data":

        def missing(name):
            raise ZoneInfoNotFoundError(name)

        monkeypatch.setattr(clock, "ZoneInfo", missing)
    clock.danish_zone.cache_clear()
    yield
    clock.danish_zone.cache_clear()


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("month", [3, 10])
def test_the_european_rule_equals_the_zone_data_in_every_hour_of_forty_years_changes(month):
    rule, zone = EuropeanRule(), ZoneInfo("Europe/Copenhagen")
    for year in range(2000, 2041):
        for hour in range(-24, 32 * 24):
            moment = datetime(year, month, 1, tzinfo=UTC) + timedelta(hours=hour)
            ours, theirs = moment.astimezone(rule), moment.astimezone(zone)
            assert (ours.isoformat(), ours.fold, ours.tzname()) == (
                theirs.isoformat(),
                theirs.fold,
                theirs.tzname(),
            )
            assert ours.astimezone(UTC) == moment


def test_the_european_rule_without_a_moment_is_winter_time():
    assert EuropeanRule().dst(None) == timedelta(0)
    assert EuropeanRule().utcoffset(None) == timedelta(hours=1)


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-07-01T19:59:59", None),  # summer: two hours ahead of UTC
        ("2026-07-01T20:00:00", "2026-07-01T23:00:00+02:00"),
        ("2026-07-01T20:59:59", "2026-07-01T23:00:00+02:00"),
        ("2026-07-01T21:00:00", None),
        ("2026-12-01T20:59:59", None),  # winter: one
        ("2026-12-01T21:00:00", "2026-12-01T23:00:00+01:00"),
        ("2026-12-01T21:59:59", "2026-12-01T23:00:00+01:00"),
        ("2026-12-01T22:00:00", None),
    ],
)
def test_the_api_is_closed_from_22_to_23_in_danish_time(now, opens):
    moment = opening_moment(utc(now))
    assert (moment and moment.isoformat()) == opens


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("update_next", "now", "expires"),
    [
        (date(2026, 12, 16), "2026-12-15T12:00:00", "2026-12-16T07:00:00"),  # 08:00 in winter
        (date(2026, 8, 27), "2026-08-26T12:00:00", "2026-08-27T06:00:00"),  # 08:00 in summer
        (date(2026, 3, 29), "2026-03-28T12:00:00", "2026-03-29T06:00:00"),  # the morning of the change
        (date(2027, 12, 16), "2026-12-15T12:00:00", "2026-12-22T12:00:00"),  # at most 7 days
        (date(2026, 12, 16), "2026-12-16T06:59:00", "2026-12-16T07:04:00"),  # at least 5 minutes
        (date(2026, 12, 16), "2026-12-16T06:59:59", "2026-12-16T07:04:59"),
        (date(2026, 12, 16), "2026-12-16T07:00:00", "2026-12-16T08:00:00"),  # due now, so late: hourly
        (date(2026, 12, 16), "2026-12-18T07:00:00", "2026-12-18T08:00:00"),  # two days late: hourly
        (None, "2026-12-18T07:00:00", "2026-12-19T07:00:00"),  # unknown: a day
    ],
)
def test_answers_expire_when_the_next_update_is_due(update_next, now, expires):
    assert expiry_moment(update_next, utc(now)) == utc(expires)
    assert expiry_moment(update_next, utc(now)).tzinfo is UTC


def test_the_present_moment_is_told_with_its_time_zone():
    assert clock.utc_now().tzinfo is UTC
