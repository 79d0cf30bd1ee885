"""All that the emulator holds: its accounts, the token it accepts, the faults that are on, what it was asked."""

from collections.abc import Sequence

from emulator.account import Account, Clock, real_clock
from emulator.advancing import advance
from emulator.faults import FaultBoard
from emulator.plan import AccountPlan
from emulator.request_log import RequestLog
from emulator.step_memory import StepMemory


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
        memory: StepMemory | None = None,
    ) -> None:
        if len({plan.web_key for plan in plans}) < len(plans) or len({plan.name for plan in plans}) < len(plans):
            raise ValueError("each account needs a name and a web key of its own")
        self._memory = memory
        self.access_token = access_token
        self.latency_seconds = latency_seconds
        self.clock = clock
        self.accounts = {plan.web_key: self._account(plan, keep_pages=keep_pages) for plan in plans}
        self.faults = FaultBoard()
        self.log = RequestLog()

    def named(self, name: str) -> Account:
        """Return the account called `name`. Raises KeyError."""
        return {account.name: account for account in self.accounts.values()}[name]

    def advance(self, account: Account, steps: int) -> None:
        """Let the account's data move on."""
        for _ in range(steps):
            at = self.clock()
            advance(account, at)
            if self._memory:
                self._memory.remember(account.plan, at)

    def _account(self, plan: AccountPlan, *, keep_pages: bool) -> Account:
        """Make an account, or bring a remembered one back to where it was."""
        life = self._memory.life(plan) if self._memory else None
        account = Account(plan, self.clock, keep_pages=keep_pages, born=life.born if life else None)
        for at in life.steps if life else ():
            advance(account, at)
        if self._memory and not life:
            self._memory.remember(plan, account.born)
        return account
