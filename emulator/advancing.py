"""Time moves on in an account: new leads, stages advancing, notes added, appointments made, a contact gone."""

import random
from collections.abc import Collection
from datetime import datetime
from typing import Final

from emulator.account import Account
from emulator.contacts import Place, Scene, deal_size, make_contact
from emulator.dates import wire_time
from emulator.events import APPOINTMENT, CATEGORY, coming_start, make_event, start_key
from emulator.notes import make_note
from emulator.opportunities import make_opportunity
from emulator.rows import WireRow
from emulator.stages import FRANCHISEE, HOT_LIKELIHOOD, NEW_LEAD, PROSPECT

_MOVES: Final = 3
# Of the prospects that move, the part that leaves the board instead of climbing it.
_DROP_OUTS: Final = 0.35
# An account grows to this multiple of its plan; from then on as many contacts go as come.
_GROWTH: Final = 1.2
# The part of the contacts that are kept in the drawers beside the board.
_DRAWERS: Final = 0.22
# Signed prospects beyond these open their business and are prospects no longer.
_MOST_SIGNED: Final = 3
_FEWEST_APPOINTMENTS: Final = 14


def advance(account: Account, at: datetime | None = None) -> None:
    """Take one step at the time `at` (now if not given); the same steps of the same plan always do the same.

    Every step brings one to three leads, moves prospects up or off the board, adds notes and an appointment and takes a
    contact away with all that hangs on it. However many steps are taken, the board keeps its shape, the account its
    size and the calendar its coming appointments.
    """
    with account.changing():
        account.steps += 1
        rng = random.Random(f"{account.plan.seed}/step/{account.steps}")
        scene = account.scene(at)
        new_leads = rng.randint(1, 3)
        for _ in range(new_leads):
            add_lead(account, scene, rng)
        for _ in range(new_leads if len(account.contacts) > account.plan.contacts * _GROWTH else 1):
            _lose_contact(account, scene, rng)
        for _ in range(new_leads):
            _move_prospect(account, scene, rng, _standing_in(account, {NEW_LEAD.name}))
        for _ in range(_MOVES):
            _move_prospect(account, scene, rng, _standing_in(account, _moving_stages(scene)))
        _open_for_business(account, scene)
        for _ in range(rng.randint(1, 3)):
            _add_note(account, scene, rng)
        if account.plan.offers_events:
            _add_events(account, scene, rng)


def shift_rows(account: Account, call: str) -> None:
    """Create a record between two pages of `call`; lists that do not grow stay as they are."""
    with account.changing():
        account.steps += 1
        rng = random.Random(f"{account.plan.seed}/step/{account.steps}")
        scene = account.scene()
        if call == "read_client_list":
            add_lead(account, scene, rng)
        elif call == "read_opportunity_list" and account.contacts:
            _add_deal(account, scene, rng, rng.choice(account.contacts))
        elif call == "read_all_events":
            _add_events(account, scene, rng)


def add_lead(account: Account, scene: Scene, rng: random.Random) -> None:
    """Put a new prospect at the head of the list, half of them with a deal."""
    place = Place(PROSPECT, NEW_LEAD)
    created = scene.local_now
    lead = make_contact(
        rng, scene, account.next_id("contact"), place, created=created, fee=deal_size(rng, place, has_fee=False)
    )
    lead["created"] = lead["last_modified_date"] = wire_time(created)
    account.contacts.insert(0, lead)
    if rng.random() < 0.5:
        _add_deal(account, scene, rng, lead)


def _add_deal(account: Account, scene: Scene, rng: random.Random, contact: WireRow) -> None:
    deal = make_opportunity(rng, scene, account.next_id("opportunity"), contact)
    account.opportunities.insert(0, deal | {"created": wire_time(scene.local_now)})


def _standing_in(account: Account, stages: Collection[str]) -> list[int]:
    """Return where in the list the prospects stand that are in one of these stages (names in lower case)."""
    return [
        place
        for place, contact in enumerate(account.contacts)
        if str(contact["contact_type"]) == PROSPECT and contact["clients_sales_cycle"].strip().casefold() in stages
    ]


def _moving_stages(scene: Scene) -> set[str]:
    """Return the stages that a prospect can still climb from, New Lead apart."""
    names = (stage.name for stage in scene.pipeline.active if stage is not NEW_LEAD)
    return {name.casefold() for name in names if scene.pipeline.next_after(name)}


def _lose_contact(account: Account, scene: Scene, rng: random.Random) -> None:
    """Delete a contact from the drawers (or, where few are in them, an early one) with all that hangs on it."""
    drawers = _standing_in(account, {stage.name.casefold() for stage in scene.pipeline.inactive})
    early = _standing_in(account, {scene.pipeline.active[1].name.casefold()})
    choice = drawers if len(drawers) > len(account.contacts) * _DRAWERS or not early else early
    if not choice:
        return
    client_id = account.contacts.pop(rng.choice(choice))["client_id"]
    account.opportunities[:] = [deal for deal in account.opportunities if _owner(deal) != client_id]
    account.events[:] = [event for event in account.events if _owner(event) != client_id]
    account.notes.pop(client_id, None)


def _move_prospect(account: Account, scene: Scene, rng: random.Random, choice: list[int]) -> None:
    """Move one of the chosen prospects up the board or off it, and with it its deals in the same stage.

    Those that come far enough get a deal with a size.
    """
    if not choice:
        return
    place = rng.choice(choice)
    contact = account.contacts[place]
    old = contact["clients_sales_cycle"].strip().casefold()
    stage = scene.pipeline.next_after(old)
    if stage is None or (rng.random() < _DROP_OUTS and stage.likelihood < HOT_LIKELIHOOD):
        stage = rng.choice(scene.pipeline.inactive)
    fee = contact["deal_size"]
    if stage.likelihood >= HOT_LIKELIHOOD and not (fee or "").strip("$0."):
        fee = deal_size(rng, Place(PROSPECT, stage), has_fee=True)
    moved = {"deal_size": fee, "last_modified_date": wire_time(scene.local_now)}
    account.contacts[place] = contact = contact | moved | {"clients_sales_cycle": stage.name}
    has_deal = False
    for number, deal in enumerate(account.opportunities):
        if _owner(deal) == contact["client_id"] and deal["contact_sales_cycle"].strip().casefold() == old:
            account.opportunities[number] = deal | moved | {"contact_sales_cycle": stage.name}
            has_deal = True
    if stage.likelihood >= HOT_LIKELIHOOD and not has_deal:
        _add_deal(account, scene, rng, contact)


def _open_for_business(account: Account, scene: Scene) -> None:
    """Make a franchisee of the prospect that signed longest ago, and its deals with it, while more than a few are."""
    signed = _standing_in(
        account, {stage.name.casefold() for stage in scene.pipeline.prospects if stage.likelihood == 100}
    )
    if len(signed) <= _MOST_SIGNED:
        return
    place = min(signed, key=lambda place: account.contacts[place]["last_modified_date"])
    changed = {"contact_type": FRANCHISEE, "last_modified_date": wire_time(scene.local_now)}
    account.contacts[place] = contact = account.contacts[place] | changed
    for number, deal in enumerate(account.opportunities):
        if _owner(deal) == contact["client_id"]:
            account.opportunities[number] = deal | changed


def _add_note(account: Account, scene: Scene, rng: random.Random) -> None:
    """Add a note to a contact, whose modification date tells of it."""
    if not account.contacts:
        return
    place = rng.randrange(len(account.contacts))
    contact = account.contacts[place]
    note = make_note(rng, scene, account.next_id("note"), contact, scene.local_now)
    account.notes.setdefault(contact["client_id"], []).append(note)
    account.contacts[place] = contact | {"last_modified_date": wire_time(scene.local_now)}


def _add_events(account: Account, scene: Scene, rng: random.Random) -> None:
    """Add an appointment, and more while few are left to come."""
    start, now = start_key(account.plan.dialect), wire_time(scene.local_now)
    prospects = [contact for contact in account.contacts if str(contact["contact_type"]) == PROSPECT]
    coming = sum(event[start] > now and event[CATEGORY] == APPOINTMENT for event in account.events)
    for _ in range(max(1, _FEWEST_APPOINTMENTS - coming)):
        when = coming_start(rng, scene)
        account.events.append(make_event(rng, scene, prospects, account.next_id("event"), when))


def _owner(row: WireRow) -> str:
    return str(row.get("client_id", row.get("contact_id")))
