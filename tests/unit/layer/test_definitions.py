"""Definitions of tasks, streams and policies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helmr_ergonomic import InputStream, OutputStream, RetryBackoff, RetryPolicy, task
from helmr_ergonomic.errors import DefinitionError


def test_a_definition_keeps_its_arguments() -> None:
    definition = task(
        "review.pull-request_1",
        payload=int,
        output=str,
        secrets=["GITHUB_TOKEN", "a.b-c"],
        max_duration=timedelta(minutes=15),
        queue="team/reviews",
        concurrency_limit=3,
        ttl=timedelta(hours=1),
        retry=RetryPolicy(2),
    )
    assert (definition.id, definition.payload_type, definition.output_type) == (
        "review.pull-request_1",
        int,
        str,
    )
    assert definition.secrets == ("GITHUB_TOKEN", "a.b-c")
    assert (definition.max_duration, definition.max_duration_seconds) == (timedelta(minutes=15), 900)
    assert (definition.queue, definition.concurrency_limit, definition.ttl) == ("team/reviews", 3, "1h")
    assert definition.retry == RetryPolicy(2)
    assert repr(definition) == "Task('review.pull-request_1')"
    assert not hasattr(definition, "start")
    assert (task("t").max_duration, task("t").max_duration_seconds) == (None, 900)


@pytest.mark.parametrize(
    ("id", "options", "message"),
    [
        ("", {}, "task id must match"),
        ("-a", {}, "task id must match"),
        ("a b", {}, "task id must match"),
        ("a\n", {}, "task id must match"),
        ("a" * 129, {}, "task id must match"),
        ("a", {"max_duration": timedelta(seconds=4)}, "between 5 and 86400"),
        ("a", {"max_duration": timedelta(days=1, seconds=1)}, "between 5 and 86400"),
        ("a", {"max_duration": timedelta(seconds=5.5)}, "whole seconds"),
        ("a", {"max_duration": 60}, "timedelta"),
        ("a", {"queue": "/x"}, "queue must match"),
        ("a", {"concurrency_limit": 0}, "positive integer"),
        ("a", {"concurrency_limit": True}, "positive integer"),
        ("a", {"secrets": "GITHUB_TOKEN"}, "list of names"),
        ("a", {"secrets": ["a b"]}, "secret name must match"),
        ("a", {"secrets": ["A", "A"]}, 'duplicate secret "A"'),
        ("a", {"retry": {"maxAttempts": 3}}, "RetryPolicy"),
        ("a", {"ttl": "1x"}, "positive duration"),
    ],
)
def test_a_definition_that_violates_the_contract_is_rejected(
    id: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        task(id, **options)


def test_ids_may_have_the_contracts_maximum_length() -> None:
    assert task("a" * 128).id == "a" * 128
    assert InputStream(" " + "s" * 256 + " ").name == "s" * 256


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "ü", "s" * 257, "a/b"])
def test_stream_names_are_validated(name: str) -> None:
    for kind in (InputStream, OutputStream):
        with pytest.raises(DefinitionError, match="stream name must match"):
            kind(name)


def test_streams_know_their_direction() -> None:
    assert (InputStream("a").direction, OutputStream("a").direction) == ("input", "output")
    assert repr(OutputStream("a", list[str])) == "OutputStream('a', list)"
    assert repr(InputStream("a")) == "InputStream('a')"


@pytest.mark.parametrize("attempts", [2.0, True, "3"])
def test_attempts_must_be_an_integer(attempts: Any) -> None:
    with pytest.raises(DefinitionError, match=r"retry\.maxAttempts must be an integer, got"):
        RetryPolicy(attempts)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_ms": 0}, "minMs must be a positive integer"),
        ({"max_ms": 1.5}, "maxMs must be a positive integer"),
        ({"factor": 0}, "factor must be a positive number"),
        ({"factor": float("inf")}, "factor must be a positive number"),
        ({"factor": "2"}, "factor must be a positive number"),
        ({"jitter": "half"}, 'jitter must be "none" or "full"'),
    ],
)
def test_backoffs_are_validated(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        RetryBackoff(**options)


def test_policies_are_encoded_as_the_contract_defines() -> None:
    backoff = RetryBackoff(min_ms=1, max_ms=2, factor=3, jitter="full")
    policy = RetryPolicy(10, backoff=backoff)
    wire = {"maxAttempts": 10, "backoff": {"minMs": 1, "maxMs": 2, "factor": 3, "jitter": "full"}}
    assert policy.to_wire() == wire
    assert RetryPolicy.disabled().to_wire() == {"enabled": False}
    assert (
        repr(policy) == "RetryPolicy(10, backoff=RetryBackoff(min_ms=1, max_ms=2, factor=3, jitter='full'))"
    )
    assert repr(RetryPolicy.disabled()) == "RetryPolicy.disabled()"
    assert hash(policy) == hash(RetryPolicy(10, backoff=backoff))
    with pytest.raises(DefinitionError, match="RetryBackoff"):
        RetryPolicy(2, backoff={"minMs": 1})  # type: ignore[arg-type]  # that is the point
