"""Definitions that the caller and the worker share: a task, its streams and their types."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from helmr import InputStream, OutputStream, task


class ReviewRequest(msgspec.Struct, rename="camel", omit_defaults=True):
    """The pull request to review."""

    owner: str
    repo: str
    pr_number: int


class Report(msgspec.Struct):
    """A comment of the reviewer."""

    summary: str


class ReviewEmail(msgspec.Struct, rename="camel"):
    """The e-mail that asks for a decision. It contains the token's id, but no credentials."""

    token_id: str


review_pull_request = task(
    "review-pull-request",
    payload=ReviewRequest,
    output=Report,
    secrets=["GITHUB_TOKEN"],
    max_duration=timedelta(minutes=15),
)
approval = InputStream("approval", dict[str, bool])
report = OutputStream("agent.report", Report)
email = OutputStream("agent.email", ReviewEmail)
