"""How a phone number is written for people: the same on the screen and on paper."""

from __future__ import annotations

import re


def readable_phone(number: str) -> str:
    """Write a number so that it can be read: (804) 555-1463 if it is North American, else as the CRM has it."""
    digits = re.sub(r"\D", "", number)
    if len(digits) == 11:
        digits = digits.removeprefix("1")
    is_abroad = re.match(r"\+(?!1)", re.sub(r"[^\d+]", "", number))
    is_american = len(digits) == 10 and not is_abroad and re.fullmatch(r"[\d\s().+/-]+", number)
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if is_american else number
