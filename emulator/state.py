"""All that the emulator holds: its accounts, the token it accepts, the faults that are on, what it was asked."""

from collections.abc import Sequence

from emulator.account import Account, Clock, real_clock
from emulator.advancing import advance
from emulator.faults import FaultBoard
from emulator.plan import AccountPlan
from emulator.request_log import RequestLog


class State:
    """Safe to use from any thread. Raises ValueError where two plans share a web key or a name."""

    def __init__(
        self,
        plans: Sequence[AccountPlan],
        access_token: str,
        *,
        latency_seconds: float,
        clock: Clock = real_clock,
        keep_pages: bool = False,
    ) -> None:
        if len({plan.web_key for plan in plans}) < len(plans) or len({plan.name for plan in plans}) < len(plans):
            raise ValueError("each account needs a name and a web key of its own")
        self.accounts = {plan.web_key: Account(plan, clock, keep_pages=keep_pages) for plan in plans}
        self.access_token = access_token
        self.latency_seconds = latency_seconds
        self.clock = clock
        self.faults = FaultBoard()
        self.log = RequestLog()

    def named(self, name: str) -> Account:
        """Return the account called `name`. Raises KeyError."""
        return {account.name: account for account in self.accounts.values()}[name]

    def advance(self, account: Account, steps: int) -> None:
        """Let the account's data move on."""
        for _ in range(steps):
            advance(account)
