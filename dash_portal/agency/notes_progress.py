"""How far a brand's notes are read, how often contacts that have not changed are asked, and how many step back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func
from sqlmodel import col, select

from database import AgencySession
from models import Lead, NoteEvidence, NoteFailure, NoteReading
from notes_rhythm import rhythm_words


@dataclass(frozen=True, slots=True)
class NotesProgress:
    """How a brand's notes stand.

    `read` of its `contacts` were read at least once; `rhythm` says how often unchanged ones are asked, and why;
    `stepped_back` contacts could not be read lately and are asked less often.
    """

    read: int
    contacts: int
    rhythm: str
    stepped_back: int

    @property
    def percent(self) -> int:
        """The share of contacts whose notes were read at least once (0-100)."""
        return 100 if self.contacts == 0 else min(100, 100 * self.read // self.contacts)


def notes_progress(session: AgencySession, tenant_id: int) -> NotesProgress:
    """Return how the brand's notes stand."""
    contacts = select(func.count()).select_from(Lead).where(Lead.tenant_id == tenant_id, col(Lead.removed_at).is_(None))
    read = (
        select(func.count())
        .select_from(NoteReading)
        .join(Lead, (col(Lead.tenant_id) == NoteReading.tenant_id) & (col(Lead.client_id) == NoteReading.client_id))
        .where(NoteReading.tenant_id == tenant_id, col(Lead.removed_at).is_(None))
    )
    stepped_back = select(func.count()).select_from(NoteFailure).where(NoteFailure.tenant_id == tenant_id)
    evidence = session.exec(select(NoteEvidence).where(NoteEvidence.tenant_id == tenant_id)).one_or_none()
    return NotesProgress(
        read=session.exec(read).one(),
        contacts=session.exec(contacts).one(),
        rhythm=rhythm_words(0, 0) if evidence is None else _rhythm_of(evidence),
        stepped_back=session.exec(stepped_back).one(),
    )


def _rhythm_of(evidence: NoteEvidence) -> str:
    return rhythm_words(evidence.with_newer_date, evidence.without_newer_date)
