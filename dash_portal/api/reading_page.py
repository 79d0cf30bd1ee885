"""/developers: the description of the API as a page, for whoever writes a program. It shows no brand's data."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

blueprint = Blueprint("api_page", __name__, url_prefix="/developers")


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show what a program may ask, and what it is answered."""
    return render_template("developers.html", api=current_app.extensions["openapi"], here=request.url_root.rstrip("/"))
