"""What a brand's page says of answers that are not understood, and what becomes of what the agency accepts."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlmodel import select
from werkzeug.test import TestResponse

from database import AgencySession
from models import (
    CallHabit,
    CheckOutcome,
    ConnectionCheck,
    FieldState,
    NoteEvidence,
    NoteFailure,
    RequestStatus,
    Resource,
    ResourceField,
    ResourceStatus,
    RunStatus,
    SyncErrorKind,
    utc_now,
)
from tests.dash_portal.agency.histories import (
    add_answer_nobody_understood,
    add_field,
    add_fields,
    add_run,
    failed_results,
)
from tests.dash_portal.portal_world import PortalWorld
from tests.factories import make_lead

AGENCY = "agency@mellon.example"
PAGE = "/agency/sync/own"
UNUSED = f"{PAGE}/fields/leads/lead_source/unused"
TOTAL = f"{PAGE}/totals/read_client_list/accept"


def post(world: PortalWorld, client: FlaskClient, path: str) -> TestResponse:
    return client.post(path, data={"csrf_token": world.csrf_token(client)})


def state_of(world: PortalWorld, field: str) -> FieldState:
    with AgencySession(world.engine) as session:
        return session.exec(select(ResourceField).where(ResourceField.field == field)).one().state


def test_the_page_names_what_is_not_understood(world: PortalWorld) -> None:
    own = world.brands["own"]
    run_id = add_run(world.engine, own, utc_now(), status=RunStatus.PARTIAL)
    add_fields(world.engine, own)
    add_answer_nobody_understood(world.engine, own, run_id)
    text = world.sign_in(AGENCY).get(PAGE).text
    assert "<strong>Leads: lead source</strong> not there in 288 of 288 rows." in text
    assert "lead_source, source" in text
    assert "counts 12 more than it lists" in text
    assert "1 answer could not be understood at all" in text
    assert "2 fields that nobody reads" in text
    assert "utm_campaign" in text
    assert "1 raw answer, 1 not understood" in text
    answers = world.sign_in(AGENCY).get(f"{PAGE}/runs/{run_id}/answers").text
    assert "no: not understood" in answers


def test_a_brand_that_is_understood_says_so(world: PortalWorld) -> None:
    add_run(world.engine, world.brands["own"], utc_now())
    add_field(world.engine, world.brands["own"], "first_name", FieldState.FILLED, filled=288)
    assert "was understood in the last sync" in world.sign_in(AGENCY).get(PAGE).text


def test_a_field_that_the_brand_does_not_use_is_remembered_and_synced_by(world: PortalWorld) -> None:
    add_run(world.engine, world.brands["own"], utc_now(), status=RunStatus.PARTIAL)
    add_fields(world.engine, world.brands["own"])
    client = world.sign_in(AGENCY)
    assert post(world, client, UNUSED).status_code == 303
    assert state_of(world, "lead_source") is FieldState.ACCEPTED
    text = client.get(PAGE).text
    assert "<strong>Leads: lead source</strong>" not in text
    assert "Not used by this brand" in text
    assert "Queued just now" in text
    (entry,) = world.audit("field_unused")
    assert (entry.tenant_id, entry.details) == (world.brands["own"], {"resource": "leads", "field": "lead_source"})


def test_a_field_that_fell_is_shown_while_its_rows_are_held_back(world: PortalWorld) -> None:
    own = world.brands["own"]
    add_field(world.engine, own, "lead_source", FieldState.FILLED, filled=288)
    reason = "the field lead_source (read from lead_source) is missing in 288 of 288 rows, and was filled before"
    add_run(
        world.engine,
        own,
        utc_now(),
        status=RunStatus.PARTIAL,
        results=failed_results(Resource.LEADS, status=ResourceStatus.HELD_BACK),
        errors={Resource.LEADS: (SyncErrorKind.HELD_BACK, f"held back until someone confirms it: {reason}")},
        field="lead_source",
    )
    client = world.sign_in(AGENCY)
    text = client.get(PAGE).text
    assert "The table keeps the good values of before" in text
    assert "was filled before" in text
    post(world, client, UNUSED)
    assert "The table keeps the good values of before" not in client.get(PAGE).text
    assert state_of(world, "lead_source") is FieldState.ACCEPTED


def test_a_total_is_accepted_for_its_difference_and_not_for_a_larger_one(world: PortalWorld) -> None:
    add_run(world.engine, world.brands["own"], utc_now(), status=RunStatus.PARTIAL)
    add_fields(world.engine, world.brands["own"])
    client = world.sign_in(AGENCY)
    assert post(world, client, TOTAL).status_code == 303
    assert "more than it lists" not in client.get(PAGE).text
    assert world.audit("total_accepted")[0].details == {"call": "read_client_list", "difference": 12}
    with AgencySession(world.engine) as session:
        habit = session.exec(select(CallHabit)).one()
        assert habit.accepted_surplus == 12
        habit.surplus = 40
        session.add(habit)
        session.commit()
    assert "counts 40 more than it lists" in client.get(PAGE).text


def test_records_that_can_not_be_read_are_let_be_in_their_number(world: PortalWorld) -> None:
    own, client = world.brands["own"], world.sign_in(AGENCY)

    def partial_run(count: int) -> str:
        return add_run(
            world.engine,
            own,
            utc_now(),
            status=RunStatus.PARTIAL,
            results=failed_results(Resource.LEADS, status=ResourceStatus.PARTIAL),
            rejected={Resource.LEADS: count},
        )

    path = f"{PAGE}/records/leads/{partial_run(3)}/accept"
    assert "<strong>Leads: 3 records could not be read.</strong>" in client.get(PAGE).text
    assert post(world, client, path).status_code == 303
    assert "could not be read" not in client.get(PAGE).text
    assert world.audit("records_accepted")[0].details == {"resource": "leads", "records": 3}
    assert post(world, client, path).status_code == 404
    partial_run(4)
    assert "<strong>Leads: 4 records could not be read.</strong>" in client.get(PAGE).text


def test_the_page_says_how_lists_come_in_pages_and_what_their_totals_mean(world: PortalWorld) -> None:
    add_fields(world.engine, world.brands["own"])
    text = world.sign_in(AGENCY).get(PAGE).text
    assert "How 1 list comes in pages" in text
    assert "its total is 12 above what arrives" in text


@pytest.mark.parametrize(
    "path",
    [
        f"{PAGE}/fields/leads/postal_code/unused",
        f"{PAGE}/fields/leads/nothing/unused",
        f"{PAGE}/fields/nothing/lead_source/unused",
        f"{PAGE}/totals/nothing/accept",
        f"{PAGE}/records/nothing/nothing/accept",
        f"{PAGE}/records/leads/nothing/accept",
    ],
)
def test_what_is_not_there_can_not_be_accepted(world: PortalWorld, path: str) -> None:
    add_fields(world.engine, world.brands["own"])
    assert post(world, world.sign_in(AGENCY), path).status_code == 404
    assert world.audit("field_unused") == []
    assert world.audit("total_accepted") == []


def test_the_page_says_how_notes_stand_and_what_the_last_test_found(world: PortalWorld) -> None:
    own, now = world.brands["own"], utc_now()
    with AgencySession(world.engine) as session:
        session.add_all(make_lead(own) for _ in range(4))
        session.add(NoteEvidence(tenant_id=own, with_newer_date=23))
        session.add(NoteFailure(tenant_id=own, client_id="7", failures=2, retry_at=now))
        for slug, message in (("own", "The connection works: 4 contacts."), ("other", "Somebody else's account.")):
            session.add(
                ConnectionCheck(
                    tenant_id=world.brands[slug],
                    web_key_encrypted="",
                    status=RequestStatus.DONE,
                    outcome=CheckOutcome.WORKS,
                    message=message,
                    finished_at=now,
                )
            )
        session.commit()
    text = world.sign_in(AGENCY).get(PAGE).text
    assert "0 of 4 contacts read" in text
    assert "All 23 new notes came with a newer date" in text
    assert "The notes of 1 contact could not be read lately" in text
    assert "The connection works: 4 contacts." in text
    assert "Somebody else" not in text


def test_a_test_of_the_key_is_remembered_for_its_brand(world: PortalWorld) -> None:
    client = world.sign_in(AGENCY)
    form = {"web_key": "CT_another_key", "csrf_token": world.csrf_token(client)}
    assert client.post("/agency/brands/_tests", data=form | {"brand": "own"}).status_code == 200
    assert client.post("/agency/brands/_tests", data=form | {"brand": ""}).status_code == 200
    assert client.post("/agency/brands/_tests", data=form | {"brand": "nowhere"}).status_code == 404
    with AgencySession(world.engine) as session:
        assert set(session.exec(select(ConnectionCheck.tenant_id))) == {world.brands["own"], None}


def test_another_brands_fields_stay_as_they_are(world: PortalWorld) -> None:
    add_fields(world.engine, world.brands["other"])
    assert post(world, world.sign_in(AGENCY), UNUSED).status_code == 404
    assert state_of(world, "lead_source") is FieldState.EMPTY


def test_people_of_the_brand_never_see_it(world: PortalWorld) -> None:
    add_run(world.engine, world.brands["own"], utc_now(), status=RunStatus.PARTIAL)
    add_fields(world.engine, world.brands["own"])
    client = world.sign_in("admin@own.example")
    assert client.get(PAGE).status_code == 403
    refused = client.post(UNUSED, data={"csrf_token": world.csrf_token(client)})
    assert refused.status_code == 403
    assert state_of(world, "lead_source") is FieldState.EMPTY
