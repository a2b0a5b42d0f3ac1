"""A further process of a schema run: `python -m helmr_contract.schema.process`, started by `processes`."""

from __future__ import annotations

import logging
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

from helmr_contract.interrupts import accept_interrupts
from helmr_contract.local import local_target
from helmr_contract.schema.messages import Channel, Failed, Start
from helmr_contract.schema.part import Part
from helmr_contract.schema.runner import SchemaResult
from helmr_contract.secrets import Scrubber


def main() -> None:
    """Receive the part to run, run it, and send the result."""
    accept_interrupts()
    logging.getLogger().addHandler(logging.NullHandler())
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as messages:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print must not mix with messages
        channel = Channel(sys.stdin.buffer, messages)
        channel.send(_run(channel))


def _run(channel: Channel) -> SchemaResult | Failed:
    start: Start = channel.receive()
    scrub = Scrubber(start.key)
    try:
        with ExitStack() as stack:
            target = start.target or stack.enter_context(local_target())
            scrub = Scrubber(start.key, target.key)
            return _remaining(start).run(target, scrub, channel.send, channel.claim)
    except KeyboardInterrupt:
        return Failed("interrupted")
    except Exception as error:  # the parent reports it with the results of the other processes
        return Failed(scrub(str(error) or type(error).__name__))


def _remaining(start: Start) -> Part:
    """Return the part with the time that remains of the run's budget."""
    if start.end is None:
        return start.part
    budget = max(1, round(start.end - time.time()))
    return replace(start.part, options=replace(start.part.options, time_budget=budget))


if __name__ == "__main__":
    main()
