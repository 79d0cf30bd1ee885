"""A stand-in for the ClientTether API over real HTTP on loopback, for the demo and the tests.

It knows nothing of the product. Its data is invented, deterministic from a seed, and moves on when asked;
its faults can be switched on and off while it runs.

An account may also speak a dialect that no client was made for: `DIALECTS` names whole ones, `Quirk` the single habits
they are made of. They are chosen by the account's plan (`quirks`), by `Emulator.set_quirks`, by
`python -m emulator --quirk NAME`, or by the control API: `POST /_control/quirks {"account": NAME, "quirks": [NAME]}`.
"""

from emulator.account import Account
from emulator.faults import VARIANTS, Fault
from emulator.plan import AccountPlan, CustomFields, Dialect, StageSet, plan_in_turn
from emulator.quirks import DIALECTS, Quirk, quirks_named
from emulator.request_log import SeenRequest
from emulator.standin import Emulator
from emulator.wire import NONE_VARIANTS

__all__ = [
    "DIALECTS",
    "NONE_VARIANTS",
    "VARIANTS",
    "Account",
    "AccountPlan",
    "CustomFields",
    "Dialect",
    "Emulator",
    "Fault",
    "Quirk",
    "SeenRequest",
    "StageSet",
    "plan_in_turn",
    "quirks_named",
]
