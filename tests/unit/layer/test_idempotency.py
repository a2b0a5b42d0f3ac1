"""Idempotency keys, which are equal in every Helmr SDK."""

from __future__ import annotations

import pytest

from helmr_ergonomic import IdempotencyKey, idempotency_keys
from helmr_ergonomic.errors import ArgumentError
from helmr_ergonomic.idempotency import new_key, start_key_value

ABC = "cfd06ba96bf4d177860c6049f68253f5eb5ec0e7822bb928f88ce1c091b0227d"
A_B = "00c60c7956be3c5e39a3cd447417c25f7a8b40748b1907e8ac6dc7c97ff1308f"


def test_keys_have_the_published_digests() -> None:
    assert idempotency_keys.create("abc").value == ABC
    assert idempotency_keys.create(["abc"]).value == ABC
    assert idempotency_keys.create(["a", "b"]).value == A_B
    assert start_key_value("abc") == start_key_value(("abc",)) == ABC
    assert start_key_value(idempotency_keys.create(["a", "b"])) == A_B


def test_the_hashed_json_equals_javascripts() -> None:
    # Computed with node: createHash("sha256").update(JSON.stringify({scope:"global",key:["ü\n\u2028"]}))
    import hashlib

    text = '{"scope":"global","key":["ü\\n\u2028"]}'
    assert IdempotencyKey("ü\n\u2028").value == hashlib.sha256(text.encode()).hexdigest()


def test_keys_are_compared_by_value() -> None:
    assert IdempotencyKey("abc") == IdempotencyKey(["abc"])
    assert hash(IdempotencyKey("abc")) == hash(IdempotencyKey(["abc"]))
    assert IdempotencyKey("abc") != IdempotencyKey("abd")
    assert repr(IdempotencyKey("abc")) == "IdempotencyKey(['abc'])"
    assert IdempotencyKey("abc").key == ("abc",)


@pytest.mark.parametrize("key", [[], [1], ["a", None], "\ud800", ["a", "\udfff"]])
def test_keys_accept_only_strings(key: list[str]) -> None:
    with pytest.raises(ArgumentError):
        IdempotencyKey(key)


def test_generated_keys_are_unique_and_short_enough() -> None:
    assert new_key() != new_key()
    assert len(new_key()) <= 512
