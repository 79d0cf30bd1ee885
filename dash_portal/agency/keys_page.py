"""/agency/brands/SLUG/keys: the agency makes, lists and revokes the API keys of any brand."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dash_portal.accounts.api_key_form import ApiKeyForm
from dash_portal.accounts.api_keys import NewKey, listed_keys, revoke_key
from dash_portal.accounts.brands import find_brand_by_slug
from dash_portal.accounts.browser import current_actor
from dash_portal.accounts.errors import AccountError, NotAllowedError
from dash_portal.accounts.forms import tell_at_field
from dash_portal.agency import frame
from dash_portal.brand_access import open_agency
from dash_portal.brand_time import moment_text
from models import utc_now

blueprint = Blueprint("agency_keys", __name__, url_prefix="/agency/brands/<slug>/keys")

_DONE = {"revoked": "The key opens nothing any more."}


@blueprint.get("")
def show(slug: str) -> ResponseReturnValue:
    """Show the brand's keys."""
    return _page(slug, ApiKeyForm(formdata=None))


@blueprint.post("")
def make(slug: str) -> ResponseReturnValue:
    """Make a key; it is shown this once."""
    form = ApiKeyForm()
    if not form.validate_on_submit():
        return _page(slug, form), 400
    try:
        with open_agency(writes=True) as session:
            tenant_id = find_brand_by_slug(session, slug).id or 0
            made = form.make(session, actor=current_actor(), tenant_id=tenant_id)
            session.commit()
    except NotAllowedError:
        raise
    except AccountError as wrong:
        return _page(slug, form, problem=tell_at_field(form, wrong)), 400
    return _page(slug, ApiKeyForm(formdata=None), made=made)


@blueprint.post("/<key_id>/revoke")
def revoke(slug: str, key_id: str) -> ResponseReturnValue:
    """End a key at once."""
    with open_agency(writes=True) as session:
        tenant_id = find_brand_by_slug(session, slug).id or 0
        revoke_key(session, actor=current_actor(), tenant_id=tenant_id, key_id=key_id, now=utc_now())
        session.commit()
    return frame.go_to(url_for("agency_keys.show", slug=slug, done="revoked"))


def _page(slug: str, form: ApiKeyForm, *, made: NewKey | None = None, problem: str | None = None) -> str:
    with open_agency() as session:
        tenant = find_brand_by_slug(session, slug)
        keys = listed_keys(session, tenant.id or 0, now=utc_now())
    return frame.page(
        "keys.html",
        tenant=tenant,
        keys=keys,
        made=made,
        form=form,
        exactly=moment_text,
        zone=frame.viewers_zone(),
        problem=problem,
        done=_DONE.get(request.args.get("done", "")),
    )
