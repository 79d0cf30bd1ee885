"""ETags: by which a program is spared an answer that it has already.

What is answered follows from the question and the version of the brand's data, which is known before anything is read;
and from the brand's day or the minute, where it counts those.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import Final

from flask import Response, request

from dash_portal.brand_access import Brand

FORM: Final = "1"
"""Another one where the same data and question are answered otherwise than before: what is kept is then asked anew."""


def etag_of(brand: Brand, depends_on: Hashable = "") -> str:
    """Return the tag of this request's answer."""
    question = sorted((name, tuple(values)) for name, values in request.args.lists())
    facts = (FORM, brand, depends_on, request.path, question)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


def is_known(etag: str) -> bool:
    """Tell whether whoever asks has the answer of this tag. Compressing adds a colon and the coding to a tag."""
    known = request.if_none_match
    return known.star_tag or any(tag.partition(":")[0] == etag for tag in known.as_set(include_weak=True))


def not_modified(etag: str) -> Response:
    """Answer that nothing has changed."""
    return tagged(Response(status=304), etag)


def tagged(response: Response, etag: str) -> Response:
    """Return the answer with its tag."""
    response.set_etag(etag)
    return response
