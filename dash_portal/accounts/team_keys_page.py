"""/team/keys: a brand's admin makes, lists and revokes the API keys of the own brand."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from dash_portal.accounts.api_key_form import ApiKeyForm
from dash_portal.accounts.api_keys import NewKey, listed_keys, revoke_key
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotAllowedError
from dash_portal.accounts.forms import tell_at_field
from dash_portal.accounts.rights_table import Capability
from dash_portal.brand_access import brand_where, pinned
from dash_portal.brand_time import moment_text
from dash_portal.portal import portal
from database import BrandSession
from models import utc_now

blueprint = Blueprint("team_keys", __name__, url_prefix="/team/keys")

_DONE = {"revoked": "The key opens nothing any more."}


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the brand's keys."""
    return _page(ApiKeyForm(formdata=None))


@blueprint.post("")
def make() -> ResponseReturnValue:
    """Make a key; it is shown this once."""
    form = ApiKeyForm()
    if not form.validate_on_submit():
        return _page(form), 400
    try:
        with _own_brand(writes=True) as database:
            made = form.make(database, actor=current_actor(database.tenant_id), tenant_id=database.tenant_id)
            database.commit()
    except NotAllowedError:
        raise
    except AccountError as wrong:
        return _page(form, problem=tell_at_field(form, wrong)), 400
    return _page(ApiKeyForm(formdata=None), made=made)


@blueprint.post("/<key_id>/revoke")
def revoke(key_id: str) -> ResponseReturnValue:
    """End a key at once."""
    with _own_brand(writes=True) as database:
        revoke_key(
            database,
            actor=current_actor(database.tenant_id),
            tenant_id=database.tenant_id,
            key_id=key_id,
            now=utc_now(),
        )
        database.commit()
    return redirect(url_for("team_keys.show", brand=pinned(brand_where(Capability.TEAM)), done="revoked"), code=303)


def _own_brand(*, writes: bool) -> BrandSession:
    """Return a session bound to the admin's own brand. Raises RoleForbiddenError for anyone but a brand's admin."""
    g.opened_brand = brand_where(Capability.TEAM)
    return BrandSession(portal().engine, g.opened_brand.tenant_id, writes=writes)


def _page(form: ApiKeyForm, *, made: NewKey | None = None, problem: str | None = None) -> str:
    with _own_brand(writes=False) as database:
        keys = listed_keys(database, database.tenant_id, now=utc_now())
    return render_template(
        "team_keys.html",
        brand=brand_where(Capability.TEAM),
        named_brand=pinned(brand_where(Capability.TEAM)),
        keys=keys,
        made=made,
        form=form,
        exactly=moment_text,
        zone=brand_where(Capability.TEAM).display_zone,
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )
