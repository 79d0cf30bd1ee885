"""Sending a browser from a form to another host: by a page of its own, which needs no script."""

from __future__ import annotations

from flask import render_template


def leave_for(address: str, name: str) -> str:
    """Return the page that goes on to this address at once, and has a link for browsers that don't."""
    return render_template("leave.html", address=address, name=name)
