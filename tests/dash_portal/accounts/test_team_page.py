from __future__ import annotations

import pytest
from sqlmodel import select

from dash_portal.accounts import people
from dash_portal.accounts.errors import AccountError
from database import AgencySession
from models import Invite, Role, utc_now
from tests.dash_portal.portal_world import PASSWORD, PortalWorld


def test_the_admin_sees_the_own_people_and_nobody_else(world: PortalWorld) -> None:
    page = world.sign_in("admin@own.example").get("/team").text
    assert "viewer@own.example" in page
    assert "gone@own.example" in page
    for stranger in ("other.example", "mellon.example", "shut.example"):
        assert stranger not in page


@pytest.mark.parametrize("email", ["viewer@own.example", "agency@mellon.example"])
def test_the_team_page_is_for_a_brands_admins(world: PortalWorld, email: str) -> None:
    client = world.sign_in(email)
    assert client.get("/team").status_code == 403
    assert world.post(client, "/team/invite", email="new@own.example").status_code == 403
    own = world.membership("gone@own.example")
    assert world.post(client, f"/team/{own}/reactivate").status_code == 403
    assert not world.user("gone@own.example").active


def test_inviting_shows_a_link_once_and_withdrawing_voids_it(world: PortalWorld) -> None:
    admin = world.sign_in("admin@own.example")
    shown = world.post(admin, "/team/invite", email="New@Own.example").text
    link = shown.split('value="http://localhost')[1].split('"')[0]
    assert world.visitor().get(link).status_code == 200
    page = admin.get("/team").text
    assert "new@own.example" in page
    assert link not in page
    with AgencySession(world.engine) as session:
        invite_id = session.exec(select(Invite.id)).one()
    assert world.post(admin, f"/team/invites/{invite_id}/withdraw").status_code == 303
    assert world.visitor().get(link).status_code == 410
    assert [entry.details["email"] for entry in world.audit("invite_withdrawn")] == ["new@own.example"]


@pytest.mark.parametrize(
    ("email", "words"),
    [("nobody", "Please give an e-mail address"), ("viewer@own.example", "There is already someone")],
)
def test_what_is_wrong_with_an_invitation_is_said_at_its_field_and_what_was_typed_stays(
    world: PortalWorld, email: str, words: str
) -> None:
    answer = world.post(world.sign_in("admin@own.example"), "/team/invite", email=email)
    assert answer.status_code == 400
    assert f'value="{email}" aria-invalid="true"' in answer.text
    assert f'id="email-error" role="alert">{words}' in answer.text


def test_signs_that_no_database_keeps_are_refused(world: PortalWorld) -> None:
    admin = world.sign_in("admin@own.example")
    assert world.post(admin, "/team/invites/x%00y/withdraw").status_code == 404
    assert world.post(admin, "/team/invite", email="a\x00b@own.example").status_code == 400
    assert world.post(admin, "/account/name", name="a\x00b").status_code == 400


def test_taking_access_away_and_giving_it_back(world: PortalWorld) -> None:
    admin, viewer = world.sign_in("admin@own.example"), world.sign_in("viewer@own.example")
    viewer_id = world.membership("viewer@own.example")
    assert world.post(admin, f"/team/{viewer_id}/deactivate").status_code == 303
    assert viewer.get("/api/charts").status_code == 401
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example").status_code == 401
    assert world.post(admin, f"/team/{viewer_id}/reactivate").status_code == 303
    assert viewer.get("/api/charts").status_code == 401
    assert world.try_to_sign_in(world.visitor(), "viewer@own.example").status_code == 303
    assert len(world.audit("user_deactivated")) == len(world.audit("user_reactivated")) == 1


@pytest.mark.parametrize("verb", ["deactivate", "reactivate", "reset"])
@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("viewer@other.example", 404),
        ("admin@other.example", 404),
        ("agency@mellon.example", 404),
        ("admin@own.example", 403),
    ],
)
def test_nobody_but_own_viewers_can_be_managed(world: PortalWorld, verb: str, email: str, status: int) -> None:
    admin = world.sign_in("admin@own.example")
    answer = world.post(admin, f"/team/{world.membership(email)}/{verb}")
    assert answer.status_code == status
    assert email not in answer.text
    assert world.user(email).active
    assert world.post(admin, f"/team/999999999999999999/{verb}").status_code in {404, 405}


def test_the_last_agency_admin_can_not_be_locked_out(world: PortalWorld) -> None:
    agency, agency_id = world.actor("agency@mellon.example"), world.people["agency@mellon.example"]
    with AgencySession(world.engine, writes=True) as session:
        second = people.create_user(
            session,
            actor=agency,
            email="second@mellon.example",
            role=Role.AGENCY_ADMIN,
            tenant_id=None,
            password=PASSWORD,
        )
        with pytest.raises(AccountError):
            people.deactivate_user(session, actor=agency, user_id=agency_id, now=utc_now())
        assert second.id is not None
        people.deactivate_user(session, actor=agency, user_id=second.id, now=utc_now())
        with pytest.raises(AccountError):
            people.change_role(
                session,
                actor=agency,
                user_id=agency_id,
                role=Role.TENANT_ADMIN,
                tenant_id=world.brands["own"],
                now=utc_now(),
            )
        session.commit()
    assert world.user("agency@mellon.example").active
