"""What it means when a field does not come: told at first sight, held back when it was there before."""

from __future__ import annotations

from typing import Any

import pytest

from models import FieldState, Resource
from sync.mapping.expectations import EXPECTATIONS, FieldReport, judge_fields
from sync.mapping.records import KINDS, record_id

S = FieldState
LEAD: dict[str, Any] = {
    "firstName": "Pat",
    "lastName": "Fox",
    "contact_type": "1",
    "clients_sales_cycle": "QR Sent",
    "clients_lead_source": "Facebook",
    "created": "2026-03-01 09:00:00",
}
DEAL: dict[str, Any] = {
    "client_id": "5",
    "firstName": "Pat",
    "lastName": "Fox",
    "contact_type": "1",
    "contact_sales_cycle": "QR Sent",
    "deal_size": "45000.00",
}
STAGE: dict[str, Any] = {
    "sales_cycle_name": "QR Sent",
    "sales_cycle_active_status": "1",
    "likelihood_to_close": "4",
    "contact_type": "1",
}
NOTE: dict[str, Any] = {"note": "Called.", "user_name": "Lee Fox", "created": "2026-03-01 09:00:00"}
EVENT: dict[str, Any] = {"start_date": "2026-03-01 09:00:00"}
ROWS = {
    Resource.LEADS: LEAD,
    Resource.PIPELINE_ITEMS: DEAL,
    Resource.PIPELINE_STAGES: STAGE,
    Resource.NOTES: NOTE,
    Resource.SCHEDULED_ACTIVITIES: EVENT,
}


def reports(resource: Resource, rows: list[dict[str, Any]], **before: FieldState) -> dict[str, FieldReport]:
    """Read wire rows as a sync does, and judge their fields by how they stood before."""
    kind = KINDS[resource]
    reading = kind.reading()
    for number, row in enumerate(rows, start=1):
        raw = {kind.id_names[0]: str(number)} | row
        kind.read_rows([(record_id(raw, reading.id_names), raw)], reading)
    return {each.field: each for each in judge_fields(resource, kind.fields_of(reading), reading.tally, before)}


def complained_of(judged: dict[str, FieldReport]) -> set[str]:
    return {name for name, report in judged.items() if report.fell or report.state is S.EMPTY}


@pytest.mark.parametrize("resource", Resource)
def test_rows_as_documented_are_nothing_to_complain_of(resource: Resource) -> None:
    judged = reports(resource, [ROWS[resource]] * 20)
    assert not complained_of(judged)
    assert {judged[each.field].state for each in EXPECTATIONS[resource]} == {S.FILLED}


@pytest.mark.parametrize(
    ("resource", "field"), [(resource, each.field) for resource in Resource for each in EXPECTATIONS[resource]]
)
@pytest.mark.parametrize("how", ["renamed", "dropped", "retyped", "nested"])
def test_a_core_field_that_is_not_found_is_told_at_first_and_holds_back_later(
    resource: Resource, field: str, how: str
) -> None:
    names = next(each.wire_names for each in KINDS[resource].fields if each.name == field)
    (name,) = [name for name in names if name in ROWS[resource]]
    row = dict(ROWS[resource])
    value = row.pop(name)
    row |= {
        "renamed": {"x_" + name: value},
        "dropped": {},
        "retyped": {name: [[value]]},
        "nested": {name: {"value": value}},
    }[how]
    first = reports(resource, [row] * 20)
    assert complained_of(first) == {field}
    assert not any(report.fell for report in first.values())
    later = reports(resource, [row] * 20, **{field: S.FILLED})
    assert later[field].fell
    assert f"field {field} (read from {', '.join(names)})" in later[field].complaint
    assert not complained_of(reports(resource, [row] * 20, **{field: S.ACCEPTED}))


@pytest.mark.parametrize(
    ("changes", "complaints"),
    [
        ({"clients_lead_source": ""}, set()),
        ({"clients_lead_source": None, "clients_sales_cycle": ""}, set()),
        ({"created": "0000-00-00 00:00:00"}, {"created"}),
        ({"created": "yesterday"}, {"created"}),
        ({"lastName": ""}, {"last_name"}),
        ({"contact_type": ""}, {"contact_type"}),
        ({"contact_type": "4"}, {"contact_type"}),
        ({"contact_type": "Prospect"}, set()),
        ({"contact_type": "Suspect"}, {"contact_type"}),
        ({"clients_lead_source": "17"}, {"lead_source"}),
        ({"firstName": 17}, {"first_name"}),
        ({"email": {"work": "a@b.example"}}, set()),
    ],
)
def test_what_a_blank_or_an_odd_value_means_depends_on_the_field(changes: dict[str, Any], complaints: set[str]) -> None:
    assert complained_of(reports(Resource.LEADS, [LEAD | changes] * 20)) == complaints


@pytest.mark.parametrize("resource", [Resource.LEADS, Resource.PIPELINE_ITEMS, Resource.PIPELINE_STAGES])
def test_words_of_a_vocabulary_that_are_not_known_are_told_before_they_are_many(resource: Resource) -> None:
    """A type that nobody knows may well mean prospects: no dashboard counts them."""
    usual, odd = ROWS[resource], ROWS[resource] | {"contact_type": "Hot Candidate"}
    for before in (S.UNKNOWN, S.FILLED):
        judged = reports(resource, [usual] * 36 + [odd] * 4, contact_type=before)
        assert complained_of(judged) == {"contact_type"}
        assert not judged["contact_type"].fell
        assert "is not understood in 4 of 40 rows" in judged["contact_type"].complaint
    assert not complained_of(reports(resource, [usual] * 39 + [odd]))
    assert not complained_of(reports(resource, [usual] * 36 + [odd] * 4, contact_type=S.ACCEPTED))


@pytest.mark.parametrize(
    ("resource", "changes"),
    [
        (Resource.PIPELINE_ITEMS, {"deal_size": "90.000"}),
        (Resource.LEADS, {"created": "27/11/2026"}),
        (Resource.NOTES, {"created": "27.11.2026 10:00"}),
        (Resource.PIPELINE_STAGES, {"likelihood_to_close": "high"}),
        (Resource.PIPELINE_STAGES, {"sales_cycle_active_status": "sometimes"}),
    ],
)
def test_values_that_are_counted_are_missed_before_they_are_many(resource: Resource, changes: dict[str, Any]) -> None:
    usual = ROWS[resource]
    (name,) = changes
    field = next(each.name for each in KINDS[resource].fields if name in each.wire_names)
    assert complained_of(reports(resource, [usual] * 36 + [usual | changes] * 4)) == {field}
    assert not complained_of(reports(resource, [usual] * 39 + [usual | changes]))


def test_one_lost_amount_of_a_few_is_told_however_many_deals_have_none() -> None:
    unsized, odd = DEAL | {"deal_size": "0.00"}, DEAL | {"deal_size": "90.000"}
    assert complained_of(reports(Resource.PIPELINE_ITEMS, [unsized] * 250 + [DEAL] * 2 + [odd])) == {"deal_size"}
    assert not complained_of(reports(Resource.PIPELINE_ITEMS, [unsized] * 250 + [DEAL] * 39 + [odd]))


@pytest.mark.parametrize(
    ("resource", "wire_name", "field"),
    [
        (Resource.PIPELINE_ITEMS, "deal_size", "deal_size"),
        (Resource.PIPELINE_STAGES, "likelihood_to_close", "likelihood"),
    ],
)
def test_values_that_all_become_0_have_fallen_and_those_that_always_were_have_not(
    resource: Resource, wire_name: str, field: str
) -> None:
    zeros = [ROWS[resource] | {wire_name: "0"}] * 20
    first = reports(resource, zeros)
    assert not complained_of(first)
    assert first[field].state is S.BLANK
    assert not complained_of(reports(resource, zeros, **{field: S.BLANK}))
    later = reports(resource, zeros, **{field: S.FILLED})
    assert later[field].fell
    assert "is 0 in 20 of 20 rows" in later[field].complaint
    assert not complained_of(reports(resource, [*zeros, ROWS[resource]], **{field: S.FILLED}))


def test_stages_of_which_none_is_active_are_told() -> None:
    inactive = [STAGE | {"sales_cycle_active_status": "0"}] * 8
    assert complained_of(reports(Resource.PIPELINE_STAGES, inactive)) == {"active"}
    assert reports(Resource.PIPELINE_STAGES, inactive, active=S.FILLED)["active"].fell


def test_stages_of_which_none_is_for_prospects_are_told() -> None:
    others = [STAGE | {"contact_type": "01"}] * 6
    assert complained_of(reports(Resource.PIPELINE_STAGES, others)) == {"contact_type"}
    assert reports(Resource.PIPELINE_STAGES, others, contact_type=S.FILLED)["contact_type"].fell


def test_a_size_of_nothing_is_a_size_and_no_size_at_all_is_told() -> None:
    unsized = DEAL | {"deal_size": "0.00"}
    assert not complained_of(reports(Resource.PIPELINE_ITEMS, [unsized] * 30))
    assert complained_of(reports(Resource.PIPELINE_ITEMS, [DEAL | {"deal_size": ""}] * 30)) == {"deal_size"}
    some = [DEAL | {"deal_size": ""}] * 28 + [unsized] * 2
    assert not complained_of(reports(Resource.PIPELINE_ITEMS, some))


def test_few_rows_decide_nothing_at_first_and_something_once_a_field_was_filled() -> None:
    without = {name: value for name, value in LEAD.items() if name != "clients_lead_source"}
    assert not complained_of(reports(Resource.LEADS, [without] * 19))
    assert complained_of(reports(Resource.LEADS, [without] * 5, lead_source=S.FILLED)) == {"lead_source"}
    assert not complained_of(reports(Resource.LEADS, [without] * 4, lead_source=S.FILLED))
    unsigned = {name: value for name, value in NOTE.items() if name != "user_name"}
    assert complained_of(reports(Resource.NOTES, [unsigned] * 5, author=S.FILLED)) == {"author"}
    nameless = NOTE | {"user_name": ""}
    assert not complained_of(reports(Resource.NOTES, [nameless] * 19, author=S.FILLED))
    assert complained_of(reports(Resource.NOTES, [nameless] * 20, author=S.FILLED)) == {"author"}


def test_sources_that_all_become_blank_have_fallen_and_those_that_always_were_have_not() -> None:
    blank = [LEAD | {"clients_lead_source": ""}] * 20
    assert reports(Resource.LEADS, blank)["lead_source"].state is S.BLANK
    assert complained_of(reports(Resource.LEADS, blank, lead_source=S.FILLED)) == {"lead_source"}
    assert not complained_of(reports(Resource.LEADS, blank, lead_source=S.BLANK))


def test_any_other_field_may_run_dry_but_not_lose_its_name() -> None:
    with_phone, dry = LEAD | {"phone": "5550100"}, LEAD | {"phone": ""}
    assert reports(Resource.LEADS, [with_phone] * 20)["phone"].state is S.FILLED
    assert not complained_of(reports(Resource.LEADS, [dry] * 20, phone=S.FILLED))
    assert complained_of(reports(Resource.LEADS, [LEAD] * 20, phone=S.FILLED)) == {"phone"}
    assert not complained_of(reports(Resource.LEADS, [LEAD] * 20))


def test_a_field_that_comes_back_is_filled_whatever_was_accepted() -> None:
    for before in (S.EMPTY, S.ACCEPTED, S.BLANK):
        assert reports(Resource.LEADS, [LEAD] * 20, created=before)["created"].state is S.FILLED


def test_what_is_empty_stays_so_until_rows_say_otherwise() -> None:
    assert complained_of(reports(Resource.NOTES, [], author=S.EMPTY)) == {"author"}
