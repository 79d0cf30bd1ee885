"""Which brand a request may see: decided here, once per request, from who asks and which brand the page names.

Every page, callback, API answer and export asks `authorised_brand`. A brand named by a page's state or an address is
never believed: a brand of which one has no membership is refused, and the agency must name one that exists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from flask import g, has_request_context, request
from sqlalchemy import select as select_columns
from sqlmodel import col

from dash_portal.accounts.browser import signed_in
from dash_portal.accounts.key_holder import key_holder
from dash_portal.accounts.rights_table import RIGHTS, Capability, rights_of
from dash_portal.accounts.sessions import OwnBrand
from dash_portal.monitoring.counting import count_row_read
from dash_portal.portal import portal
from dash_portal.replica import progress_of
from database import AgencySession, BrandSession, PortalSession, StaffSession
from models import Role, Tenant, TenantStatus


class NotSignedInError(Exception):
    """Nobody is signed in, or their session, account or brand is no longer live."""


class BrandForbiddenError(Exception):
    """The person may not see the brand that was named, or there is no such brand: the two are never told apart."""


class RoleForbiddenError(Exception):
    """What was asked for is not for the person's role (`accounts/rights_table.py`)."""


class NoBrandError(Exception):
    """The agency has no active brand yet."""


@dataclass(frozen=True)
class Viewer:
    """Who looks at the portal. `own_brands`: how many they may see, where it is not all.

    `allowed`: what they may do beyond what their role says.
    """

    user_id: int
    email: str
    name: str
    agency_role: Role | None
    own_brands: int
    own_zone: str | None = None
    sees_all_brands: bool = False
    allowed: frozenset[Capability] = frozenset()

    @property
    def is_agency(self) -> bool:
        """Tell whether this person is of the agency: an admin of it, or of its staff."""
        return self.agency_role is not None

    @property
    def agency_rights(self) -> frozenset[Capability]:
        """What they may do as one of the agency, at the brands that they may see."""
        return frozenset() if self.agency_role is None else rights_of(self.agency_role, self.allowed)

    @property
    def chooses_brand(self) -> bool:
        """Tell whether there are several brands to choose from: then every link of a page names the page's own.

        Of the agency's staff it is told where there is one, too: it may be suspended, or joined by others at any click.
        """
        return self.is_agency or self.own_brands > 1


@dataclass(frozen=True)
class Brand:
    """A brand that the viewer may see. `data_version` is read fresh per request, so that a sync shows at once.

    `viewers_role`: what the viewer is there; None where they see all brands.
    """

    tenant_id: int
    slug: str
    name: str
    timezone: str
    accent_colour: str | None
    status: TenantStatus
    data_version: int
    viewers_zone: str | None = None
    viewers_role: Role | None = None

    @property
    def display_zone(self) -> str:
        """The time zone in which times are written: the viewer's own choice, else the brand's, by which days count."""
        return self.viewers_zone or self.timezone


def initials(name: str) -> str:
    """Return the two letters that stand for a person or a brand where there is no picture."""
    words = [word for word in name.replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0].upper() for word in words[:2]) or "?"


def current_viewer() -> Viewer:
    """Return who is signed in. Raises NotSignedInError."""
    who = signed_in() if has_request_context() else None
    if who is None:
        raise NotSignedInError
    return Viewer(
        user_id=who.user_id,
        email=who.email,
        name=who.name,
        agency_role=who.agency_role,
        own_brands=len(who.brands),
        own_zone=who.own_zone,
        sees_all_brands=who.sees_all_brands,
        allowed=who.allowed,
    )


def authorised_brand(slug: str | None = None) -> Brand:
    """Return the brand of this slug when the viewer may see it.

    Without a slug: the first active one by name. A program sees the brand of its key. Raises NotSignedInError,
    BrandForbiddenError, or NoBrandError when none of the agency's brands that the viewer may see is active.
    """
    program = key_holder()
    if program is not None:
        return _named(slug, [_brand_of(program.own_brand)])
    viewer = current_viewer()
    decided: dict[str | None, Brand] = g.setdefault("authorised_brands", {})
    if slug not in decided:
        decided[slug] = _agency_brand(viewer, slug) if viewer.sees_all_brands else _named(slug, _own_brands(viewer))
    return decided[slug]


def selectable_brands(*, most: int | None = None) -> list[Brand]:
    """Return the brands that the viewer may choose from, by name: for the agency's people suspended ones too.

    `most` stops after so many: a menu of a thousand brands is longer than the page it stands on.
    """
    viewer = current_viewer()
    return _agency_brands(viewer, _BRANDS.limit(most)) if viewer.sees_all_brands else _own_brands(viewer)[:most]


def brand_where(capability: Capability) -> Brand:
    """Return the brand that this address names, or else the first by name, where the viewer's role allows this.

    Raises RoleForbiddenError where there is none, BrandForbiddenError for a brand that is not theirs.
    """
    for brand in _asked_brands(current_viewer()):
        if brand.viewers_role is not None and capability in RIGHTS[brand.viewers_role]:
            return brand
    raise RoleForbiddenError


def require(capability: Capability | None) -> None:
    """Let who is signed in through when their role allows this: at the agency, or at the brand that the address names.

    Where it names none, one of their brands will do: what the request is about is authorised where it is opened. Raises
    RoleForbiddenError, also for what no capability is named for.
    """
    if capability is None or not _may(current_viewer(), capability):
        raise RoleForbiddenError


def _may(viewer: Viewer, capability: Capability) -> bool:
    if viewer.is_agency:
        return capability in viewer.agency_rights
    return any(capability in RIGHTS[brand.viewers_role] for brand in _asked_brands(viewer) if brand.viewers_role)


def _asked_brands(viewer: Viewer) -> list[Brand]:
    """Return the brand of their own that the address names, else all of their own."""
    named = request.args.get("brand")
    return _own_brands(viewer) if named is None or viewer.sees_all_brands else [authorised_brand(named)]


def pinned(brand: Brand) -> str | None:
    """Return the brand as the links of its pages name it: where its viewer has several, so that tabs keep apart."""
    return brand.slug if current_viewer().chooses_brand else None


def brands_of(tenant_ids: Collection[int]) -> list[Brand]:
    """Return those of these brands that the agency's viewer may see, by name. Raises RoleForbiddenError for others."""
    viewer = require_agency()
    if not viewer.sees_all_brands:
        return [brand for brand in _own_brands(viewer) if brand.tenant_id in tenant_ids]
    return _agency_brands(viewer, _BRANDS.where(col(Tenant.id).in_(tenant_ids)))


@contextmanager
def open_brand(brand: Brand) -> Iterator[BrandSession]:
    """Yield a session of the primary that sees this brand and nothing else."""
    with BrandSession(portal().engine, brand.tenant_id) as session:
        yield session


@contextmanager
def open_brand_rows(brand: Brand) -> Iterator[BrandSession]:
    """Yield a session for many of this brand's rows: it may be the replica's. It only reads."""
    with open_brand(brand) as session, open_rows(session) as rows:
        yield rows


@contextmanager
def open_rows(session: BrandSession) -> Iterator[BrandSession]:
    """Yield a session for the rows of the brand of a session of the primary, none of them older than what that one saw.

    Where there is a replica that has come so far it is the replica's, and the other one is left without a connection.
    """
    replica = portal().replica
    if replica is None:
        yield session
        return
    primary = progress_of(session)
    session.close()
    rows = None if primary is None else replica.open(session.tenant_id, primary)
    count_row_read(from_replica=rows is not None)
    if rows is None:
        yield session
        return
    with rows:
        yield rows


@contextmanager
def open_agency(*, writes: bool = False) -> Iterator[AgencySession]:
    """Yield a session that spans the brands that the agency's viewer may see. Raises RoleForbiddenError for others."""
    viewer, engine = require_agency(), portal().engine
    if viewer.sees_all_brands:
        opened = AgencySession(engine, writes=writes)
    else:
        opened = StaffSession(engine, [brand.tenant_id for brand in _own_brands(viewer)], writes=writes)
    with opened as session:
        yield session


def require_agency() -> Viewer:
    """Return the viewer when they are of the agency. Raises RoleForbiddenError."""
    viewer = current_viewer()
    if not viewer.is_agency:
        raise RoleForbiddenError
    return viewer


def _named(slug: str | None, brands: Sequence[Brand]) -> Brand:
    """Return the brand of this slug, of these; the first active one where none is named."""
    for brand in brands:
        if brand.slug == slug or (slug is None and brand.status is TenantStatus.ACTIVE):
            return brand
    raise NoBrandError if slug is None and brands else BrandForbiddenError


def _own_brands(viewer: Viewer) -> list[Brand]:
    """Return the brands that this request's session was found with, by name."""
    who = signed_in()
    return [_brand_of(own, viewer.own_zone) for own in (who.brands if who is not None else ())]


def _brand_of(own: OwnBrand, viewers_zone: str | None = None) -> Brand:
    return Brand(
        tenant_id=own.tenant_id,
        slug=own.slug,
        name=own.name,
        timezone=own.timezone,
        accent_colour=own.accent_colour,
        status=own.status,
        data_version=own.data_version,
        viewers_zone=viewers_zone,
        viewers_role=own.role,
    )


def _agency_brand(viewer: Viewer, slug: str | None) -> Brand:
    wanted = col(Tenant.slug) == slug if slug is not None else col(Tenant.status) == TenantStatus.ACTIVE
    with PortalSession(portal().engine) as session:
        row = session.execute(_BRANDS.where(wanted).limit(1)).one_or_none()
    if row is not None:
        return _brand(row, viewer)
    raise NoBrandError if slug is None else BrandForbiddenError


def _agency_brands(viewer: Viewer, question: Any) -> list[Brand]:
    with PortalSession(portal().engine) as session:
        return [_brand(row, viewer) for row in session.execute(question)]


_BRANDS: Final = select_columns(
    col(Tenant.id),
    col(Tenant.slug),
    col(Tenant.name),
    col(Tenant.timezone),
    col(Tenant.accent_colour),
    col(Tenant.status),
    col(Tenant.data_version),
).order_by(col(Tenant.name), col(Tenant.slug))
"""All brands by name: what pages say of them, and never a web key."""


def _brand(row: Any, viewer: Viewer) -> Brand:
    return Brand(
        tenant_id=row.id,
        slug=row.slug,
        name=row.name,
        timezone=row.timezone,
        accent_colour=row.accent_colour,
        status=row.status,
        data_version=row.data_version,
        viewers_zone=viewer.own_zone,
    )
