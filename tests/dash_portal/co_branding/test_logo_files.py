"""A logo is rebuilt from what is needed to see it; whatever else the file brings is left behind."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_portal.co_branding.logo_files import LARGEST_BYTES, LogoError, safe_logo

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">{}</svg>'


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 4, height: int = 3, *, pixels: bytes | None = None, extra: bytes = b"") -> bytes:
    raw = pixels if pixels is not None else b"".join(b"\0" + b"\x10\x80\x40" * width for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )


def test_a_png_keeps_its_picture_and_loses_its_stowaways() -> None:
    stowed = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>") + chunk(b"eXIf", b"where it was taken")
    made = safe_logo(png(extra=stowed) + b"PK\x03\x04 a whole archive behind the end")
    assert made.media_type == "image/png"
    assert made.body == png()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a...",
        b"<html><body onload=alert(1)>",
        b"\x89PNG\r\n\x1a\n",
        png()[:-14],
        png().replace(b"IDAT", b"IDAX"),
        png(5000, 5000, pixels=b"\0"),
        png(2, 2, pixels=b"\0" * 5_000_000),
        png() + b"\0" * LARGEST_BYTES,
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;").encode(),
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + SVG.format("<text>&a;</text>").encode(),
        SVG.format("<g>").encode(),
        SVG.format("").replace("viewBox", "data-box").encode(),
        SVG.format("<g/>" * 6000).encode(),
        "\ufeff<svg".encode("utf-16"),
    ],
    ids=range(15),
)
def test_what_is_no_sound_logo_is_refused_in_one_sentence(body: bytes) -> None:
    with pytest.raises(LogoError) as refused:
        safe_logo(body)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)" width="1" height="1"/>',
        '<a href="javascript:alert(1)"><rect width="1" height="1"/></a>',
        '<image href="https://elsewhere.example/spy.png"/>',
        '<use xlink:href="#x"/><use href="https://elsewhere.example/a.svg#b"/>',
        "<foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='https://elsewhere.example'/></foreignObject>",
        '<style>@import url("https://elsewhere.example/a.css")</style>',
        '<rect style="fill:url(https://elsewhere.example/a)" width="1" height="1"/>',
        '<rect fill="url(javascript:alert(1))" width="1" height="1"/>',
        '<animate attributeName="href" to="javascript:alert(1)"/><set attributeName="onload" to="alert(1)"/>',
        "<x:script xmlns:x='http://www.w3.org/2000/svg'>alert(1)</x:script>",
        "<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
    ],
)
def test_nothing_hostile_survives_in_an_svg(hostile: str) -> None:
    body = safe_logo(SVG.format(hostile + '<path d="M0 0h1"/>').encode()).body.decode()
    assert "M0 0h1" in body
    for trace in ("script", "alert", "elsewhere", "onload", "javascript", "href", "iframe", "import", "animate"):
        assert trace not in body


@pytest.mark.parametrize(
    "value",
    [
        "image-set('https://elsewhere.example/a.png' 1x)",
        "src('https://elsewhere.example/a.png')",
        "u\\72l(https://elsewhere.example/a.png)",
        "url/**/(https://elsewhere.example/a.png)",
        "URL(//elsewhere.example/a.png)",
        "url(#a) url(//elsewhere.example/a.png)",
        "cross-fade(url(#a), 'elsewhere.png')",
        "paint(elsewhere)",
        "env(elsewhere)",
        "var(--elsewhere)",
    ],
)
@pytest.mark.parametrize("form", ['<rect fill="{}"/>', '<rect style="fill:{}"/>', '<g mask="{}" clip-path="{}"/>'])
def test_a_value_calls_no_function_but_those_that_draw(value: str, form: str) -> None:
    body = safe_logo(SVG.format(form.replace("{}", value)).encode()).body.decode()
    assert "elsewhere" not in body
    assert "(" not in body


@pytest.mark.parametrize(
    "value",
    [
        "translate(1 2) rotate(45, 1, 1)",
        "matrix(1,0,0,1,0,0)",
        "rgb(1, 2, 3)",
        "hsla(1deg 50% 50% / .5)",
        "url(#a) red",
    ],
)
def test_a_value_that_draws_is_kept(value: str) -> None:
    body = safe_logo(SVG.format(f'<rect fill="{value}"/>').encode()).body.decode()
    assert f'fill="{value}"' in body


def test_an_svg_keeps_what_it_draws() -> None:
    drawn = (
        '<defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs>'
        '<rect width="4" height="4" fill="url(#a)" style="stroke:#123456;position:fixed"/><text x="1">A &amp; B</text>'
    )
    made = safe_logo(SVG.format(drawn).encode())
    root = ET.fromstring(made.body.decode())  # noqa: S314 - our own output
    rect = root.find("{http://www.w3.org/2000/svg}rect")
    assert made.media_type == "image/svg+xml"
    assert rect is not None
    assert rect.attrib == {"width": "4", "height": "4", "fill": "url(#a)", "stroke": "#123456"}
    assert root.findtext("{http://www.w3.org/2000/svg}text") == "A & B"
    assert safe_logo(made.body) == made


@given(st.binary(max_size=300), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"<svg", SVG.encode()]))
def test_any_bytes_are_taken_or_refused(body: bytes, beginning: bytes) -> None:
    with suppress(LogoError):
        safe_logo(beginning + body)
