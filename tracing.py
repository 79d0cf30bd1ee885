"""Traces for whoever collects them: by OpenTelemetry's own variables, where its packages are installed, else nothing.

They hold paths, statements without their values and times; nothing of links, one-time or a spreadsheet's, whose path
is their secret, nor of what people bring back from their company's provider.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

from sqlalchemy import Engine

_WISHES: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_UNTRACED: Final = "/join/,/reset/,/sheet/,/login/with/,/healthz,/readyz,/metrics"


def start_tracing(service: str, engines: Sequence[Engine], app: Any = None) -> bool:
    """Have this process send its traces where the environment says; tell whether it does.

    `service` is its name unless OTEL_SERVICE_NAME gives another. What is traced are statements of the engines, calls of
    the API, and requests to the Flask application, where there is one. OTEL_SDK_DISABLED holds it off.
    """
    is_wanted = any(os.environ.get(name) for name in _WISHES)
    if not is_wanted or find_spec("opentelemetry") is None:
        return False
    from opentelemetry import trace  # noqa: PLC0415 - an extra, imported by those alone who want it
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    os.environ.setdefault("OTEL_SERVICE_NAME", service)
    provider = TracerProvider(resource=Resource.create())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    # It names no SQLAlchemy as new as ours, and needs nothing of it but the events of an engine: a test looks.
    SQLAlchemyInstrumentor().instrument(engines=engines, skip_dep_check=True)
    HTTPXClientInstrumentor().instrument()
    if app is not None:
        FlaskInstrumentor().instrument_app(app, excluded_urls=_UNTRACED)
    return True
