"""Whatever a sync, a role or a deed can be called, there are words for it that no engineer is needed to read."""

from __future__ import annotations

import re

import pytest

from dash_portal.accounts.audit import AuditAction
from dash_portal.agency.health.rendering import SIGNS
from dash_portal.agency.health.state import BrandState, worst_error
from dash_portal.agency.words import (
    ACTION_WORDS,
    CHECK_WORDS,
    ERROR_WORDS,
    FIELD_STATE_WORDS,
    RESOURCE_STATUS_WORDS,
    RESOURCE_WORDS,
    ROLE_MEANING,
    ROLE_WORDS,
    RUN_MEANING,
    RUN_WORDS,
    TRIGGER_WORDS,
    action_words,
    advice_for,
    detail_words,
)
from models import CheckOutcome, FieldState, Resource, ResourceStatus, Role, RunStatus, SyncErrorKind, Trigger

JARGON = re.compile(r"HTTP|JSON|exception|traceback|null|timeout|payload|endpoint|parse|schema", re.IGNORECASE)


@pytest.mark.parametrize(
    ("words", "vocabulary"),
    [
        (ERROR_WORDS, SyncErrorKind),
        (RUN_WORDS, RunStatus),
        (RUN_MEANING, RunStatus),
        (RESOURCE_STATUS_WORDS, ResourceStatus),
        (SIGNS, ResourceStatus),
        (RESOURCE_WORDS, Resource),
        (FIELD_STATE_WORDS, FieldState),
        (TRIGGER_WORDS, Trigger),
        (CHECK_WORDS, CheckOutcome),
        (ROLE_WORDS, Role),
        (ROLE_MEANING, Role),
        (ACTION_WORDS, AuditAction),
    ],
    ids=lambda words: getattr(words, "__name__", "words"),
)
def test_every_member_has_words(words: dict[object, object], vocabulary: type) -> None:
    assert set(words) == set(vocabulary)  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", SyncErrorKind)
def test_an_error_says_what_happened_and_what_to_do(kind: SyncErrorKind) -> None:
    advice = advice_for(kind.value)
    for sentence in (advice.happened, advice.to_do):
        assert sentence.endswith(".")
        assert not JARGON.search(sentence.replace("JSON", "") if kind is SyncErrorKind.NOT_JSON else sentence)


def test_a_kind_that_this_release_does_not_know_still_gets_words() -> None:
    assert advice_for("something_new").to_do


def test_what_must_be_mended_by_hand_explains_a_run_before_what_passes_by_itself() -> None:
    assert worst_error({"timeout", "token_refused", "incomplete"}) == "token_refused"
    assert worst_error({"timeout", "held_back"}) == "held_back"
    assert worst_error({"something_new", "timeout"}) == "timeout"
    assert worst_error(set()) is None
    for kind in SyncErrorKind:
        assert worst_error({kind.value, "something_new"}) == kind.value


def test_no_two_states_look_alike_without_colour() -> None:
    assert len({state.words for state in BrandState}) == len(BrandState)


def test_the_audit_log_reads_as_a_sentence() -> None:
    assert action_words("brand_suspended") == "suspended the brand"
    assert action_words("something_new") == "something new"
    assert detail_words({"email": "a@b.example", "role": "tenant_viewer", "note": None, "two_step": False}) == (
        "person: a@b.example, role: brand viewer, two step: no"
    )
