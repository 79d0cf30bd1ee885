from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.accounts.addresses import UNKNOWN, parsed_address, throttled_as


@pytest.mark.parametrize(
    ("text", "address", "counted_as"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:51123", "192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:DB8:1:2::9]:443", "2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::1", "fe80::/64"),
        ("", UNKNOWN, UNKNOWN),
        (None, UNKNOWN, UNKNOWN),
        ("192.0.2.7, 192.0.2.8", UNKNOWN, UNKNOWN),
        ("9" * 300, UNKNOWN, UNKNOWN),
    ],
)
def test_an_address_is_read_strictly_and_counted_by_who_can_choose_it(
    text: str | None, address: str, counted_as: str
) -> None:
    assert parsed_address(text) == address
    assert throttled_as(address) == counted_as


@given(st.text(max_size=400))
def test_whatever_a_proxy_passes_on_fits_the_column_and_stays_what_it_is(text: str) -> None:
    address = parsed_address(text)
    assert len(address) <= 64
    assert len(throttled_as(address)) <= 64
    assert parsed_address(address) == address


@given(st.integers(min_value=1, max_value=2**64 - 1), st.integers(min_value=0, max_value=2**64 - 1))
def test_nobody_escapes_by_another_address_of_their_own_network(network: int, host: int) -> None:
    first, other = IPv6Address(network << 64), IPv6Address((network << 64) | host)
    assert throttled_as(str(other)) == throttled_as(str(first))
