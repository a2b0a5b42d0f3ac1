"""Growth of the cost of a page of records with the length of the stream."""

from __future__ import annotations

from collections.abc import Iterator

from helmr_ergonomic import HelmrClient

from . import load, local
from .measure import Goal, Line, in_turns, milli

FEW, MANY = 1_000, 100_000
PAGE = 500
PAGES = 20


def lines() -> Iterator[Line]:
    with local.server() as helmr, HelmrClient(helmr.url, helmr.key) as client:
        streams: dict[int, str] = {}
        for count in (FEW, MANY):
            session = client.sessions.start(local.review, {}).session.id
            helmr.do("records", count=count, session=session)
            streams[count] = f"/api/sessions/{session}/outputs/{local.findings.name}?limit={PAGE}"

        def page(count: int, after: int) -> float:
            path = f"{streams[count]}&after_sequence={after}"
            before = helmr.spent()
            load.run(helmr.url, load.get(path, helmr.key), PAGES, 1)
            return (helmr.spent() - before) / PAGES

        last = in_turns(lambda: page(MANY, MANY - PAGE), lambda: page(FEW, FEW - PAGE), 11)
        first = in_turns(lambda: page(MANY, 0), lambda: page(FEW, 0), 11)
        for name, both in (("last", last), ("first", first)):
            yield both.line(
                f"the {name} page of {PAGE} records, {MANY:,} in the stream",
                f"{FEW:,} in the stream",
                Goal(at_most=1.2),
                f"{milli(both.our_median)} : {milli(both.their_median)} of the server's processor time",
            )
