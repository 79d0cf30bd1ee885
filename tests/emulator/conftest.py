import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from emulator import AccountPlan, Emulator, plan_in_turn

TOKEN = "agency-token"
NOW = datetime(2026, 6, 17, 15, 30, tzinfo=UTC)  # a Wednesday


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body.decode("utf-8-sig"))

    @property
    def rows(self) -> list[Any]:
        rows: list[Any] = self.json["data"]
        return rows


class Caller:
    """A plain client: one connection for each request, nothing of the product's."""

    def __init__(self, emulator: Emulator, web_key: str = "CT_first", token: str = TOKEN) -> None:
        self.emulator = emulator
        self.headers = {"X-Access-Token": token, "X-Web-Key": web_key}

    def get(
        self, path: str, *, headers: dict[str, str] | None = None, timeout: float = 60, **parameters: object
    ) -> Answer:
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.request("GET", f"/v2/api/{path}{query}", headers=headers, timeout=timeout)

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        body: object = None,
        timeout: float = 60,
    ) -> Answer:
        host = urlsplit(self.emulator.url)
        connection = http.client.HTTPConnection(str(host.hostname), host.port, timeout=timeout)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, self.headers if headers is None else headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.headers), response.read())
        finally:
            connection.close()

    def pull(self, call: str) -> list[Any]:
        rows: list[Any] = []
        while page := self.get(call, limit=100, offset=len(rows)).json.get("data"):
            rows += page
        return rows


def plans() -> list[AccountPlan]:
    return [
        plan_in_turn(0, name="First", web_key="CT_first", seed=7),
        plan_in_turn(1, name="Second", web_key="CT_second", seed=11, contacts=412),
    ]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(plans(), access_token=TOKEN, now=NOW) as running:
        yield running


@pytest.fixture
def caller(emulator: Emulator) -> Caller:
    return Caller(emulator)
