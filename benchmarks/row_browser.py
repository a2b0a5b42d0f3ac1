"""The time in which helmr_local's page opens a run with many events, in Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from helmr_ergonomic import HelmrClient
from tests.docs import browser

from . import local
from .measure import Goal, Line, in_turns, milli
from .skipped import Skipped

FEW, MANY = 10, 10_000
ROUNDS = 11

# The time from the change of the address to the first frame that shows all content.
_OPENED = """(async (id) => {
  const frame = () => new Promise(requestAnimationFrame);
  const main = document.querySelector("main");
  location.hash = "#/sessions";
  while (!main.querySelector(".virtual.sessions .row")) await frame();
  const began = performance.now();
  location.hash = `#/runs/${id}`;
  const wanted = ["Payload", "Timeline", "queued", "cancelled"];
  const reads = (word) => main.innerText.includes(word);
  while (!(main.querySelector(".events .row") && wanted.every(reads))) await frame();
  return (performance.now() - began) / 1000;
})(%s)"""


def lines() -> Iterator[Line]:
    if browser.find() is None:
        raise Skipped("Chromium is not on the PATH")
    with (
        local.server() as helmr,
        HelmrClient(helmr.url, helmr.key, timeout=120) as client,
        browser.Chromium() as chromium,
        chromium.page() as page,
    ):
        runs = {count: local.ended_run(helmr, client, count) for count in (FEW, MANY)}
        page.open(f"{helmr.url}/#key={helmr.key}")
        page.wait_until("!!document.querySelector('main h1')")

        def opened(count: int) -> float:
            seconds: Any = page.evaluate(_OPENED % json.dumps(runs[count]))
            return float(seconds)

        both = in_turns(lambda: opened(MANY), lambda: opened(FEW), ROUNDS)
        yield both.line(
            f"opening a run's page with {MANY:,} events, in Chromium",
            f"{FEW} events",
            Goal(at_most=1.5),
            f"{milli(both.our_median)} : {milli(both.their_median)} until all of it is there",
        )
