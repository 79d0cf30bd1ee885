"""The emulator as tests and the demo use it."""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from emulator.account import Account, Clock, real_clock
from emulator.answering import API_PATH, ELSEWHERE_PATH, answer, answer_elsewhere
from emulator.control import CONTROL_PATH, control
from emulator.exchange import Reply, Request
from emulator.faults import Fault, FaultRule
from emulator.plan import AccountPlan
from emulator.quirks import quirks_named
from emulator.request_log import SeenRequest
from emulator.server import Server
from emulator.state import State
from emulator.step_memory import StepMemory


class Emulator:
    """A ClientTether on loopback, from `start` (or entering it as a context) to `close`.

    `now` is a fixed aware time, or a clock to ask; without it, the real one. With `keep_pages` encoded pages are kept
    until the data moves: fast, but a test that changes the records itself must do it inside `account.changing()`.
    With a `memory` file the accounts go on after a restart from where they were.
    Raises OSError where the port is taken and ValueError for accounts that share a name or web key.
    """

    def __init__(
        self,
        accounts: Sequence[AccountPlan],
        *,
        access_token: str,
        host: str = "127.0.0.1",
        port: int = 0,
        latency_ms: float = 0,
        now: datetime | Clock | None = None,
        keep_pages: bool = False,
        memory: Path | None = None,
    ) -> None:
        self._state = State(
            accounts,
            access_token,
            latency_seconds=latency_ms / 1000,
            clock=_clock(now),
            keep_pages=keep_pages,
            memory=StepMemory(memory) if memory else None,
        )
        self._server = Server(host, port, self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="emulator")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering; hanging calls and open connections end. Closing twice, or before the start, does no harm."""
        if self._thread.ident is None:
            self._server.server_close()
            return
        self._server.close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The API's base address, with a slash at the end."""
        return f"{self.origin}{API_PATH}"

    @property
    def origin(self) -> str:
        """Scheme, host and port; `/_control/` hangs below it."""
        return f"http://{self._server.server_name}:{self._server.server_port}"

    @property
    def accounts(self) -> list[Account]:
        """All accounts, as planned."""
        return list(self._state.accounts.values())

    def account(self, web_key: str) -> Account:
        """Return the truth about one account. Raises KeyError."""
        return self._state.accounts[web_key]

    def advance(self, web_key: str, steps: int = 1) -> None:
        """Let an account's data move on. Raises KeyError."""
        self._state.advance(self.account(web_key), steps)

    def set_fault(
        self,
        fault: Fault,
        call: str | None = None,
        web_key: str | None = None,
        times: int | None = None,
        skip: int = 0,
        *,
        every: int = 1,
        record_id: str | None = None,
        variant: str = "",
        share: float = 0.0,
        seconds: float = 0.0,
        megabytes: int = 64,
        rows: int = 50,
    ) -> None:
        """Switch a fault on; FaultRule says what each part means. Raises ValueError for a variant it does not have."""
        rule = FaultRule(
            fault,
            call=call,
            web_key=web_key,
            record_id=record_id,
            times=times,
            skip=skip,
            every=every,
            variant=variant,
            share=share,
            seconds=seconds,
            megabytes=megabytes,
            rows=rows,
        )
        self._state.faults.add(rule)

    def clear_faults(self) -> None:
        """Switch all faults off."""
        self._state.faults.clear()

    def set_quirks(self, web_key: str, *names: str) -> None:
        """From now on the account answers in these dialects and quirks, and no others. Raises KeyError, ValueError."""
        self.account(web_key).quirks = quirks_named(names)

    def rotate_token(self, new: str) -> None:
        """From now on only `new` is accepted."""
        self._state.access_token = new

    def set_latency(self, milliseconds: float) -> None:
        """How long every answer takes at least."""
        self._state.latency_seconds = milliseconds / 1000

    @property
    def requests(self) -> list[SeenRequest]:
        """What was asked so far, oldest first."""
        return self._state.log.all()

    def clear_requests(self) -> None:
        """Forget what was asked."""
        self._state.log.clear()

    def _answer(self, request: Request) -> AbstractContextManager[Reply]:
        if request.path.startswith(CONTROL_PATH):
            return nullcontext(control(self._state, request))
        if request.path.startswith(ELSEWHERE_PATH):
            return answer_elsewhere(self._state, request)
        return answer(self._state, request)


def _clock(now: datetime | Clock | None) -> Clock:
    if now is None:
        return real_clock
    if isinstance(now, datetime):
        fixed = now
        return lambda: fixed
    return now
