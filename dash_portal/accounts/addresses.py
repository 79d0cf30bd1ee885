"""Network addresses of visitors: read strictly, and grouped as far as one visitor can choose among them."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

UNKNOWN: Final = "unknown"
_ONE_SUBSCRIBER: Final = 64
"""Bits: a subscriber is given a whole /64 and may use any of its addresses (RFC 6177)."""


def parsed_address(text: str | None) -> str:
    """Return the address in its one spelling, without a port; what is no address at all is `unknown`.

    A proxy's header says what its sender likes: nothing but an address may reach the database or the log. An IPv4
    address mapped into IPv6 is the IPv4 address.
    """
    address = _address(text or "")
    return str(address) if address is not None else UNKNOWN


def throttled_as(text: str) -> str:
    """Return as whom an address's failures are counted: IPv4 by itself, IPv6 by its /64."""
    address = _address(text)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> _ONE_SUBSCRIBER << _ONE_SUBSCRIBER, _ONE_SUBSCRIBER)))
    return str(address) if address is not None else UNKNOWN


def _address(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
