"""Signing in with the company's account: whom it opens, or how it comes to open someone for the first time.

An account is never taken over because its address is the same: the first time it needs an invitation of the address,
a rule of the operator's for its domain, or the person themselves, signed in.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlmodel import col, select

from dash_portal.accounts import throttling
from dash_portal.accounts.access import lock_person
from dash_portal.accounts.audit import Actor, AuditAction, nobody, record
from dash_portal.accounts.company_account import CompanyAccount, domain_of
from dash_portal.accounts.confirmation import FRESH_FOR
from dash_portal.accounts.errors import AccountError
from dash_portal.accounts.identities import LinkedPerson, find_linked, link_identity
from dash_portal.accounts.joining import join_account
from dash_portal.accounts.links import accept_invite_by_company, accept_without_password, invitations_of
from dash_portal.accounts.memberships import acting, may_sign_in
from dash_portal.accounts.passwords import NO_PASSWORD
from dash_portal.accounts.people import new_person
from dash_portal.accounts.same_address import has_address
from dash_portal.accounts.sessions import Proof, SignedIn
from dash_portal.accounts.sign_in import Attempt, Visitor, check_identity
from dash_portal.accounts.tokens import new_token
from dash_portal.accounts.two_step import has_two_step
from dash_portal.portal import Portal
from database import PortalSession, lock_until_end
from models import Tenant, TenantStatus, User, UserSession
from settings import NewPeople, ProviderSettings

_NO_OTHER: Final = "That company account opens no other account here."
_CLOCKS_DIFFER: Final = timedelta(minutes=1)


class NotLetInError(Exception):
    """The company account opens nothing; the message says why, for the operator."""


class SeveralInvitationsError(Exception):
    """Several brands have invited this address: the person has to say, by a link, which of them they mean."""


class OpensAnotherError(Exception):
    """The company account opens someone already, and the invitation that was opened is not for them."""


def may_come_back(portal: Portal, *, visitor: Visitor, now: datetime) -> throttling.Counted | None:
    """Count one arrival from a provider against the visitor's address; None when too many failed from there."""
    with PortalSession(portal.engine, writes=True) as session:
        counted = throttling.take_attempt(
            session, email=f"company account {new_token()}", people=(), address=visitor.address, now=now
        )
        session.commit()
    return counted


def forgive_arrival(portal: Portal, counted: throttling.Counted) -> None:
    """Count this arrival no more: the provider's word was good."""
    with PortalSession(portal.engine, writes=True) as session:
        throttling.take_back(session, counted)
        session.commit()


def sign_in_with_company(
    portal: Portal,
    account: CompanyAccount,
    provider: ProviderSettings,
    *,
    invite_id: str | None,
    visitor: Visitor,
    now: datetime,
) -> Attempt:
    """Let in whom the account opens. `invite_id`: the invitation that they came by, if any, which adds its brand.

    Raises NotLetInError where it opens nobody, SeveralInvitationsError, and OpensAnotherError.
    """
    linked = find_linked(portal.engine, issuer=account.issuer, subject=account.subject)
    if linked is None:
        linked = _join(portal, account, provider, invite_id=invite_id, visitor=visitor, now=now)
    elif invite_id is not None:
        _join_further_brand(portal, account, linked, invite_id=invite_id, visitor=visitor, now=now)
    proof = Proof(
        identity_id=linked.identity_id,
        id_token_encrypted=portal.cipher.encrypt(account.id_token),
        is_fresh=is_proven(account, now=now),
        has_second_step=account.has_second_step,
    )
    return check_identity(
        portal, linked.user_id, access_epoch=linked.access_epoch, proof=proof, visitor=visitor, now=now
    )


def confirm_with_company(
    portal: Portal, who: SignedIn, account: CompanyAccount, *, actor: Actor, now: datetime
) -> None:
    """Take a password that was typed at the provider just now as proof for the next five minutes.

    Raises AccountError where it was not, or where the account is not this person's.
    """
    linked = find_linked(portal.engine, issuer=account.issuer, subject=account.subject)
    if linked is None or linked.user_id != who.user_id or linked.access_epoch != who.access_epoch:
        raise AccountError("That company account is not linked to yours.")
    if not is_proven(account, now=now):
        raise AccountError("Your provider did not say that you typed your password just now, so this can't count.")
    with PortalSession(portal.engine, writes=True) as session:
        user = lock_person(session, who.user_id)
        if user.access_epoch != who.access_epoch:
            raise AccountError("Your access has changed meanwhile. Please sign in again.")
        if has_two_step(user) and not account.has_second_step:
            raise AccountError("You have a second step here: please sign out, and in again with its code.")
        this_session = col(UserSession.id) == who.session_id
        session.execute(update(UserSession).where(this_session).values(confirmed_at=now))
        record(session, AuditAction.IDENTITY_CONFIRMED, actor, company_account=True)
        session.commit()


def join_account_of_company(
    portal: Portal, who: SignedIn, account: CompanyAccount, *, actor: Actor, now: datetime
) -> None:
    """Give the signed-in person all brands of whom their company account opens, and the company account with them.

    Raises AccountError where it opens nobody else, or as `join_account` does.
    """
    linked = find_linked(portal.engine, issuer=account.issuer, subject=account.subject)
    if linked is None or linked.user_id == who.user_id:
        raise AccountError(_NO_OTHER)
    with PortalSession(portal.engine, writes=True) as session:
        other = session.exec(select(User).where(User.id == linked.user_id, may_sign_in())).one_or_none()
        if other is None or other.access_epoch != linked.access_epoch:
            raise AccountError(_NO_OTHER)
        if has_two_step(other) and not account.has_second_step:
            raise AccountError("That account has a second step here: sign in to it, and join this one from there.")
        join_account(session, actor=actor, other=other, keep_session=who.session_id, now=now)
        issuer, subject, email = account.issuer, account.subject, account.email or ""
        identity = link_identity(session, actor=actor, issuer=issuer, subject=subject, email=email)
        this_session = update(UserSession).where(col(UserSession.id) == who.session_id)
        session.execute(this_session.values(identity_id=identity.id))  # what it stands on from now on
        session.commit()


def is_proven(account: CompanyAccount, *, now: datetime) -> bool:
    """Tell whether the provider says that the password was typed within the last five minutes."""
    return account.proven_at is not None and -_CLOCKS_DIFFER <= now - account.proven_at <= FRESH_FOR


def record_refusal(portal: Portal, cause: str, provider: ProviderSettings, *, visitor: Visitor) -> None:
    """Write down that nobody was let in, and why."""
    with PortalSession(portal.engine, writes=True) as session:
        actor = nobody("", visitor.address)
        record(session, AuditAction.SIGN_IN_FAILED, actor, step="company account", provider=provider.name, cause=cause)
        session.commit()


def _join(
    portal: Portal,
    account: CompanyAccount,
    provider: ProviderSettings,
    *,
    invite_id: str | None,
    visitor: Visitor,
    now: datetime,
) -> LinkedPerson:
    """Make the person whom an invitation, or else a rule, is for, and link the account."""
    if account.email is None:
        raise NotLetInError("it is linked to nobody, and its address is not known to be theirs")
    with PortalSession(portal.engine, writes=True) as session:
        try:
            user = _invited(session, account, account.email, invite_id=invite_id, visitor=visitor, now=now)
            if user is None:
                user = _by_rule(session, account, account.email, provider, visitor)
            actor = acting(session, user, visitor.address)
            linked = link_identity(
                session, actor=actor, issuer=account.issuer, subject=account.subject, email=account.email
            )
        except AccountError as refused:
            raise NotLetInError(f"what it was to join can't be joined ({type(refused).__name__})") from refused
        session.commit()
        return LinkedPerson(linked.id, linked.user_id, user.access_epoch)


def _join_further_brand(
    portal: Portal, account: CompanyAccount, linked: LinkedPerson, *, invite_id: str, visitor: Visitor, now: datetime
) -> None:
    """Give the invited brand to whom the account opens, where invitation, account and person have the same address."""
    with PortalSession(portal.engine, writes=True) as session:
        try:
            accept_invite_by_company(
                session,
                invite_id,
                email=account.email or "",
                user_id=linked.user_id,
                access_epoch=linked.access_epoch,
                address=visitor.address,
                now=now,
            )
        except AccountError as refused:
            raise OpensAnotherError from refused
        session.commit()


def _invited(
    session: PortalSession,
    account: CompanyAccount,
    email: str,
    *,
    invite_id: str | None,
    visitor: Visitor,
    now: datetime,
) -> User | None:
    waiting = [invite for invite in invitations_of(session, email, now=now) if invite_id in {None, invite.id}]
    if len(waiting) > 1:
        raise SeveralInvitationsError
    if not waiting and invite_id is not None:
        raise NotLetInError("the invitation that was opened is not for its address, or no longer good")
    if not waiting:
        return None
    return accept_without_password(session, waiting[0].id, name=account.name, address=visitor.address, now=now)


def _by_rule(
    session: PortalSession, account: CompanyAccount, email: str, provider: ProviderSettings, visitor: Visitor
) -> User:
    rule = next((rule for rule in provider.new_people if rule.domain == domain_of(email)), None)
    if rule is None:
        raise NotLetInError("it is linked to nobody, and nobody has invited its address")
    lock_until_end(session, "rights")
    tenant_id = _brand_of(session, rule)
    if has_address(session, email=email, tenant_id=tenant_id):
        raise NotLetInError("someone has its address, and has not linked it")
    user = new_person(
        session, email=email, name=account.name, role=rule.role, tenant_id=tenant_id, password_hash=NO_PASSWORD
    )
    actor = acting(session, user, visitor.address)
    record(session, AuditAction.USER_CREATED, actor, email=email, role=rule.role.value, rule=rule.domain)
    return user


def _brand_of(session: PortalSession, rule: NewPeople) -> int | None:
    if rule.slug is None:
        return None
    active = select(Tenant.id).where(Tenant.slug == rule.slug, Tenant.status == TenantStatus.ACTIVE)
    tenant_id = session.exec(active).one_or_none()
    if tenant_id is None:
        raise NotLetInError("the rule for its domain names a brand that is not there, or suspended")
    return tenant_id
