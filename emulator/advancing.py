"""Time moves on in an account: new leads, stages advancing, notes added, appointments made, a contact gone."""

import random
from typing import Final

from emulator.account import Account
from emulator.contacts import Place, Scene, deal_size, make_contact
from emulator.dates import wire_time
from emulator.events import coming_start, make_event
from emulator.notes import make_note
from emulator.opportunities import make_opportunity, stage_named
from emulator.rows import WireRow
from emulator.stages import HOT_LIKELIHOOD, NEW_LEAD, PROSPECT

_ADVANCING_DEALS: Final = 3


def advance(account: Account) -> None:
    """One step; the same steps from the same plan always do the same, apart from what the clock says.

    Every step brings one to three leads, moves deals on a stage, adds notes and an appointment and takes one contact
    away with all that hangs on it.
    """
    with account.changing():
        account.steps += 1
        rng = random.Random(f"{account.plan.seed}/step/{account.steps}")
        scene = account.scene()
        for _ in range(rng.randint(1, 3)):
            add_lead(account, scene, rng)
        _lose_contact(account, rng)
        for _ in range(_ADVANCING_DEALS):
            _advance_deal(account, scene, rng)
        for _ in range(rng.randint(1, 3)):
            _add_note(account, scene, rng)
        if account.plan.offers_events:
            _add_event(account, scene, rng)


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
            _add_event(account, scene, rng)


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


def _lose_contact(account: Account, rng: random.Random) -> None:
    """Delete a contact with its deals, notes and appointments, but none that is far along."""
    if not account.contacts:
        return
    scene = account.scene()
    for _ in range(20):
        place = rng.randrange(len(account.contacts))
        gone = account.contacts[place]
        if stage_named(scene, gone["clients_sales_cycle"]).likelihood < HOT_LIKELIHOOD:
            break
    else:
        return
    del account.contacts[place]
    client_id = gone["client_id"]
    account.opportunities[:] = [deal for deal in account.opportunities if _owner(deal) != client_id]
    account.events[:] = [event for event in account.events if _owner(event) != client_id]
    account.notes.pop(client_id, None)


def _advance_deal(account: Account, scene: Scene, rng: random.Random) -> None:
    """Move a prospect's deal on a stage, and its contact with it; far enough along, it gets a size."""
    for _ in range(20):
        if not account.opportunities:
            return
        number = rng.randrange(len(account.opportunities))
        deal = account.opportunities[number]
        following = scene.pipeline.next_after(deal["contact_sales_cycle"])
        if following is not None and str(deal["contact_type"]) == PROSPECT:
            break
    else:
        return
    now = wire_time(scene.local_now)
    fee = deal["deal_size"]
    if following.likelihood >= HOT_LIKELIHOOD and not (fee or "").strip("$0."):
        fee = deal_size(rng, Place(PROSPECT, following), has_fee=True)
    moved = {"deal_size": fee, "last_modified_date": now}
    account.opportunities[number] = deal | moved | {"contact_sales_cycle": following.name}
    for place, contact in enumerate(account.contacts):
        if contact["client_id"] == _owner(deal):
            account.contacts[place] = contact | moved | {"clients_sales_cycle": following.name}
            return


def _add_note(account: Account, scene: Scene, rng: random.Random) -> None:
    """Add a note to a contact, whose modification date tells of it."""
    if not account.contacts:
        return
    place = rng.randrange(len(account.contacts))
    contact = account.contacts[place]
    note = make_note(rng, scene, account.next_id("note"), contact, scene.local_now)
    account.notes.setdefault(contact["client_id"], []).append(note)
    account.contacts[place] = contact | {"last_modified_date": wire_time(scene.local_now)}


def _add_event(account: Account, scene: Scene, rng: random.Random) -> None:
    prospects = [contact for contact in account.contacts if str(contact["contact_type"]) == PROSPECT]
    account.events.append(make_event(rng, scene, prospects, account.next_id("event"), coming_start(rng, scene)))


def _owner(row: WireRow) -> str:
    return str(row.get("client_id", row.get("contact_id")))
