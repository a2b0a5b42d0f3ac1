"""What the catalogues of the client have in common."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..mutant import Mutant
from ..planting import Patch, all_of

LAYER = "helmr_ergonomic."
RESOURCES = "helmr_api.resources."

UNIT = "tests/unit/layer/"
REQUESTS = UNIT + "test_requests.py"
TRANSPORT = UNIT + "test_transport.py"
WAITING = UNIT + "test_waiting.py"
CONFIG = UNIT + "test_config.py"
ERRORS = UNIT + "test_errors.py"
DURATIONS = UNIT + "test_durations.py"
IDEMPOTENCY = UNIT + "test_idempotency.py"
SSE = UNIT + "test_sse.py"
TIMES = UNIT + "test_times.py"
JSON_TEXT = "tests/unit/test_json_text.py"
CONNECTION = "tests/connection/"
ENVIRONMENT = CONNECTION + "test_environment.py"
PATHS = "tests/contract/test_client_encodes_paths.py"
RESPONSES = "tests/contract/test_client_parses_every_response.py"
TYPED_RESPONSES = "tests/contract/test_layer_types_every_response.py"

SDK = "typescript-sdk-behaviour.md "


def both(target: str, patch: Callable[[str], Patch]) -> Patch:
    """Plant the same fault in async code and in its sync counterpart."""
    return all_of(
        patch(target), patch(re.sub(r"\bAsync(?=[A-Z])", "", target.replace("._async.", "._sync.")))
    )


def mutant(name: str, says: str, section: str, patch: Patch, *tests: str) -> Mutant:
    return Mutant(name, says, (section,), patch, tests=tests)
