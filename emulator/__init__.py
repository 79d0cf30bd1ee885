"""A stand-in for the ClientTether API over real HTTP on loopback, for the demo and the tests.

It knows nothing of the product. Its data is invented, deterministic from a seed, and moves on when asked;
its faults can be switched on and off while it runs.
"""

from emulator.account import Account
from emulator.faults import VARIANTS, Fault
from emulator.plan import AccountPlan, CustomFields, Dialect, StageSet, plan_in_turn
from emulator.request_log import SeenRequest
from emulator.standin import Emulator
from emulator.wire import NONE_VARIANTS

__all__ = [
    "NONE_VARIANTS",
    "VARIANTS",
    "Account",
    "AccountPlan",
    "CustomFields",
    "Dialect",
    "Emulator",
    "Fault",
    "SeenRequest",
    "StageSet",
    "plan_in_turn",
]
