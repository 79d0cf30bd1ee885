"""A brand's logo over HTTP, for its own people and the agency; anyone else gets none."""

from __future__ import annotations

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from dash_portal.brand_access import authorised_brand, open_brand
from dash_portal.co_branding.logos import find_logo
from dash_portal.request_words import member
from models import LogoTheme

blueprint = Blueprint("logo", __name__)


@blueprint.get("/logos/<slug>/<theme>")
def show(slug: str, theme: str) -> ResponseReturnValue:
    """Serve the logo. Raises BrandForbiddenError for people of other brands."""
    shown_on = member(LogoTheme, theme)
    brand = authorised_brand(slug)
    with open_brand(brand) as session:
        logo = find_logo(session, brand.tenant_id, shown_on) if shown_on is not None else None
    if logo is None:
        abort(404)
    answer = Response(logo.body, mimetype=logo.media_type)
    answer.headers["Content-Disposition"] = "inline"
    return answer
