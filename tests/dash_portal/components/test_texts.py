from __future__ import annotations

import pytest

from dash_portal.components.texts import mail_piece, phone_piece


@pytest.mark.parametrize(
    ("number", "text", "href"),
    [
        ("8045551463", "(804) 555-1463", "tel:8045551463"),
        ("+1 804.555.1463", "(804) 555-1463", "tel:+18045551463"),
        ("1-804-555-1463", "(804) 555-1463", "tel:18045551463"),
        ("+49 30 901820", "+49 30 901820", "tel:+4930901820"),
        ("804 555 1463 ext. 12", "804 555 1463 ext. 12", "tel:804555146312"),
        ("12", "12", None),
        ("call me", "call me", None),
        ("", "", None),
    ],
)
def test_a_phone_is_readable_and_dials_where_it_can(number: str, text: str, href: str | None) -> None:
    piece = phone_piece(number)
    assert (piece["text"], piece.get("href")) == (text, href)


@pytest.mark.parametrize(
    ("address", "href"),
    [
        ("ann@example.com", "mailto:ann@example.com"),
        ("ann+x@example.com", "mailto:ann+x@example.com"),
        ("ann@example.com?bcc=spy@evil.example", None),
        ("ann@example.com?subject=hello", "mailto:ann@example.com%3Fsubject%3Dhello"),
        ("ann@example.com&body=hello", "mailto:ann@example.com%26body%3Dhello"),
        ("ann@example.com, spy@evil.example", None),
        ("Ann <ann@example.com>", None),
        ("ann", None),
        ("", None),
    ],
)
def test_a_mail_link_writes_to_one_address_and_carries_no_header(address: str, href: str | None) -> None:
    piece = mail_piece(address)
    assert (piece["text"], piece.get("href")) == (address, href)
