"""The access log shows request paths without credentials."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helmr_local.access_log import shown_path

ID = "0198a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7"
SECRETS = [
    prefix + "Ab-_" * 10 + "Abc" for prefix in ("hlmr_callback_", "hlmr_public_access_", "hlmr_pat_", "")
]


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/tasks",
        f"/api/runs/{ID}/events",
        "/api/sessions/by-external-id/inputs/approval",
        "/healthz",
        "",
    ],
)
def test_paths_without_credentials_are_shown(path: str) -> None:
    assert shown_path(path.encode()) == path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (f"/api/v1/tokens/{ID}/callback/SECRET", f"/api/v1/tokens/{ID}/callback/***"),
        (f"/api/v1/tokens/{ID}/%63allback/SECRET", f"/api/v1/tokens/{ID}/%63allback/***"),
        (f"/api/v1/tokens/{ID}/%2563allback/SECRET", f"/api/v1/tokens/{ID}/%2563allback/***"),
        (f"/api/v1/tokens/{ID}/CALLBACK/SECRET", f"/api/v1/tokens/{ID}/CALLBACK/***"),
        (f"//api//v1/tokens/{ID}/callback//SECRET", f"//api//v1/tokens/{ID}/callback/***/***"),
        ("/callback/SECRET/more", "/callback/***/***"),
        ("/callback%2FSECRET", "/***"),
        ("/api/tokens/SECRET", "/api/tokens/***"),
        ("/SECRET", "/***"),
        ("SECRET", "***"),
        ("/a\n/b", "/***/b"),
        ("/a%0a/b", "/***/b"),
        ("/%1b[31m/b", "/***/b"),
        ("/\xff/b", "/***/b"),
        ("/x?a", "/***"),
    ],
)
@pytest.mark.parametrize("secret", SECRETS)
def test_possible_credentials_are_hidden(path: str, shown: str, secret: str) -> None:
    assert shown_path(path.replace("SECRET", secret).encode("latin-1")) == shown


def in_some_spelling(draw: st.DrawFn, text: str) -> str:
    """Change the case of some characters or percent-encode them, once or twice."""
    out = ""
    for character in text:
        escaped = quote(character, safe="") if not character.isalnum() else f"%{ord(character):02X}"
        if not escaped.startswith("%"):
            escaped = f"%{ord(character):02x}"
        out += draw(st.sampled_from([character, character.swapcase(), escaped, escaped.replace("%", "%25")]))
    return out


@st.composite
def spelled(draw: st.DrawFn) -> bytes:
    secret = draw(st.sampled_from(SECRETS))
    where = draw(st.sampled_from(["/callback/", "/CallBack//", "/api/tokens/", "/x/", ""]))
    around = draw(st.sampled_from(["", "/read", "?a=b", ";x", "%00"]))
    return (
        in_some_spelling(draw, where).replace("%2F", "/") + in_some_spelling(draw, secret) + around
    ).encode()


@given(path=spelled())
def test_a_credential_is_hidden_in_every_spelling(path: bytes) -> None:
    shown = shown_path(path)
    assert "***" in shown
    assert not re.search("ab-_ab", re.sub("%(?:25)*", "", shown), re.IGNORECASE)
    assert shown.isprintable()
    assert len(shown) <= len(path) + 3 * 20
