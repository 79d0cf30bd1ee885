"""The portal's web application, put together."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import dash
from flask import Flask, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_compress import Compress

from dash_portal import (
    callback_requests,
    chart_pictures,
    errors,
    exports,
    liveness,
    printing,
    request_log,
    security,
    served_files,
)
from dash_portal.accounts import browser, company_sign_in_pages, own_page, sign_in_pages, team_keys_page, team_page
from dash_portal.agency import (
    audit_page,
    brands_page,
    company_sign_in_page,
    keys_page,
    people_page,
    snapshots_page,
    staff_page,
    sync_page,
)
from dash_portal.api import reading_page, unversioned, v1
from dash_portal.api.description import describe
from dash_portal.brand_access import current_viewer
from dash_portal.co_branding import logo_route
from dash_portal.co_branding.page_head import page_head
from dash_portal.components import shell
from dash_portal.index_page import NAMED_HERE, STARTS_DASH, first_files, index_string, own_modules
from dash_portal.monitoring import routes
from dash_portal.portal import open_portal
from logs import configure_logs
from settings import PortalSettings, load_settings
from tracing import start_tracing

_YEAR: Final = 31_536_000
_PAGES: Final = Path(__file__).parents[1] / "pages"


def create_app(settings: PortalSettings | None = None) -> Flask:
    """Return the portal as a WSGI application; without settings, those of the environment.

    Raises ConfigurationError when a setting is missing or malformed. The database is not asked yet.
    """
    if settings is None:
        configure_logs()
        settings = load_settings(PortalSettings)
    app = Flask("dash_portal", static_folder="static", template_folder="templates")
    app.url_map.merge_slashes = False  # Werkzeug would answer with an address made from the request's Host
    app.extensions["portal"] = open_portal(settings)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _YEAR  # addresses change with their files
    app.json.sort_keys = False  # type: ignore[attr-defined]
    _compress(app)
    request_log.init_app(app)
    browser.init_app(app)
    security.init_app(app)
    errors.init_app(app)
    for part in (
        sign_in_pages,
        company_sign_in_pages,
        own_page,
        team_page,
        team_keys_page,
        unversioned,
        v1,
        reading_page,
        exports,
        chart_pictures,
        printing,
        liveness,
        routes,
        served_files,
    ):
        app.register_blueprint(part.blueprint)
    for part in (
        sync_page,
        snapshots_page,
        brands_page,
        company_sign_in_page,
        keys_page,
        people_page,
        staff_page,
        audit_page,
        logo_route,
    ):
        app.register_blueprint(part.blueprint)
    app.extensions["openapi"] = describe()
    app.add_url_rule("/", "start", _start)
    start_tracing("portal-web", app.extensions["portal"].engines, app)
    app.jinja_env.globals.update(
        static_url=served_files.static_url,
        vendor_url=served_files.vendor_url,
        asset_url=served_files.asset_url,
        page_head=page_head,
    )
    _add_dash(app, settings)
    return app


def _add_dash(app: Flask, settings: PortalSettings) -> None:
    dash_app = dash.Dash(
        name="dash_portal",
        server=app,  # type: ignore[arg-type]  # Dash's annotation knows only its own servers
        use_pages=True,
        pages_folder=str(_PAGES),
        title="Mellon portal",
        index_string=index_string(),
        update_title="",
        assets_ignore=NAMED_HERE,
        external_scripts=own_modules(),
        # Else the first viewer's pages would travel to later ones, as Dash's validation_layout.
        suppress_callback_exceptions=True,
        include_pages_meta=False,
        compress=False,
        csrf_token_name=security.csrf_cookie(secure=settings.portal_secure_cookies),
        add_log_handler=False,
        use_async=False,
        enable_mcp=False,
    )
    dash_app.renderer = STARTS_DASH
    shell.init_app(dash_app)
    callback_requests.init_app(app, dash_app)
    app.before_request(_refuse_unknown_pages)
    security.allow_inline_scripts(app, ())
    app.test_client().get("/healthz")  # Dash finishes itself at the first request: let it be nobody's
    security.allow_inline_scripts(app, dash_app.csp_hashes())
    app.extensions["dash"] = dash_app
    ahead = first_files(dash_app)
    security.open_bundles(app, ahead)
    app.jinja_env.globals["first_files"] = ahead


def _compress(app: Flask) -> None:
    app.config["COMPRESS_ALGORITHM"] = ["zstd", "br", "gzip"]
    app.config["COMPRESS_ALGORITHM_STREAMING"] = ["zstd", "br", "gzip"]  # files are sent as streams
    Compress(app)
    served_files.init_app(app)  # comes before, though named after: Flask begins with the last one


def _start() -> ResponseReturnValue:
    query = request.query_string.decode(errors="replace")
    if current_viewer().is_agency and not query:
        return redirect("/agency/sync")
    return redirect(f"/leads?{query}" if query else "/leads")


def _refuse_unknown_pages() -> None:
    """Dash answers any path with its page frame; a path without a page is 404 here."""
    if request.endpoint == "/<path:path>" and request.path not in {
        page["path"] for page in dash.page_registry.values()
    }:
        abort(404)
