"""The operator's file of wire names: what it says is what is read, and what is wrong with it is one line."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models import Resource, utc_now
from settings import ConfigurationError
from sync.api.clienttether import Answer
from sync.api.envelope import Envelope
from sync.api.parameters import CallParameters
from sync.mapping.field_file import NO_FIELD_FILE, load_field_file
from sync.mapping.records import CONTACTS, record_id
from sync.mapping.rules import answer_hash

ZONE = ZoneInfo("America/New_York")


def test_names_and_parameters_are_what_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "fields.toml"
    file.write_text(
        '[leads]\nclient_id = "contact.id"\ncreated = ["created", "made.on"]\nlead_source = "source"\n'
        '[calls.leads]\noffset = "start"\npage_size = 50\n'
    )
    loaded = load_field_file(file)
    assert loaded.calls == {Resource.LEADS: CallParameters(offset="start", page_size=50)}
    reading = CONTACTS.reading(loaded.names)
    raw = {
        "contact": {"id": "7"},
        "created": "0000-00-00",
        "made": {"on": "2026-03-01"},
        "source": "Facebook",
        "clients_lead_source": "not this one",
        "lastName": "Fox",
    }
    reading.note_unknown([raw])
    (lead,) = CONTACTS.read_rows([(record_id(raw, reading.id_names), raw)], reading)
    assert (lead.client_id, lead.lead_source, lead.last_name) == ("7", "Facebook", "Fox")
    assert str(lead.created) == "2026-03-01"
    assert reading.unknown == {"clients_lead_source"}


def test_an_answer_is_read_anew_once_the_file_says_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "fields.toml"
    answer = Answer("read_client_history_notes/1", utc_now(), b"{}", Envelope([], None))
    hashes = {answer_hash([answer], ZONE, NO_FIELD_FILE.names)}
    for content in ("[notes]\ntext = 'body'", "[notes]\ntext = ['body', 'note']", "[leads]\ncreated = 'made_on'"):
        file.write_text(content)
        hashes.add(answer_hash([answer], ZONE, load_field_file(file).names))
    assert len(hashes) == 4


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "names a file that can't be read (FileNotFoundError)"),
        ("[leads", "names a file that is no TOML: "),
        ("[prospects]\ncreated = 'made_on'", "has [prospects], which is no resource: take one of "),
        ("[leads]\nmade = 'made_on'", "has 'made' in [leads], which is none of its fields: "),
        ("[leads]\ncreated = 5", "needs a wire name or a list of them for 'created' in [leads]"),
        ("[leads]\ncreated = []", "needs a wire name or a list of them for 'created' in [leads]"),
        ("leads = 'created'", "needs a table for [leads]"),
        ("[calls.leads]\npage_size = 500", "needs a whole number from 1 to 100 for 'page_size' in [calls.leads]"),
        ("[calls.leads]\npages = 5", "has 'pages' in [calls.leads]: it takes limit, offset and page_size"),
        ("[calls.leads]\nlimit = 'a b'", "needs the name of a parameter for 'limit' in [calls.leads]"),
        ("[calls.deals]\nlimit = 'size'", "has [deals], which is no resource: "),
    ],
)
def test_a_mistake_is_said_in_one_line(tmp_path: Path, content: str | None, complaint: str) -> None:
    file = tmp_path / "fields.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigurationError) as refusal:
        load_field_file(file)
    assert str(refusal.value).startswith(f"CLIENTTETHER_FIELDS {complaint}")
    assert len(str(refusal.value).splitlines()) == 1
