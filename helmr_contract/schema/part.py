"""The part of a schema run that one process does, with its own resources on the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helmr_contract.document import Document
from helmr_contract.fixtures import Fixtures
from helmr_contract.schema.runner import SchemaProgress, SchemaResult, run_schema_tests
from helmr_contract.schema.setup import SchemaOptions
from helmr_contract.schema.sharing import Claim
from helmr_contract.secrets import Scrubber
from helmr_contract.selection import Selection
from helmr_contract.target import Target


@dataclass(frozen=True, slots=True)
class Part:
    """One process's part of a schema run."""

    document: Document
    selection: Selection
    streams: frozenset[str] | None
    options: SchemaOptions
    number: int = 0  # of the process

    def run(
        self,
        target: Target,
        scrub: Scrubber,
        on_progress: Callable[[SchemaProgress], None],
        claim: Claim | None = None,
    ) -> SchemaResult:
        """Create the resources for the tests, run the tests, and end the resources."""
        with target.client() as client:
            fixtures = Fixtures(target, client, self.selection, streams=self.streams)
            try:
                fixtures.prepare()
                result = run_schema_tests(
                    self.document,
                    target,
                    fixtures,
                    self.options,
                    scrub=scrub,
                    on_progress=on_progress,
                    claim=claim,
                    number=self.number,
                )
            finally:
                left = fixtures.clean_up()
            result.left_behind = left
            return result
