"""The schema tests themselves, run against the miniature contract.

They pass a conforming server, catch a faulty one, touch only what they created, and leave nothing open.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from hypothesis.internal.conjecture import engine
from starlette.requests import Request
from starlette.responses import JSONResponse

from helmr_contract.coverage import Coverage, Exchange, Unreachable, explain_missing, unknown_entries
from helmr_contract.curl import curl_line
from helmr_contract.document import Document, DocumentError
from helmr_contract.fixtures import Fixtures
from helmr_contract.schema.connection import Responses
from helmr_contract.schema.lookups import TRIES, remembered_lookups, with_few_tries
from helmr_contract.schema.runner import SchemaOptions, SchemaResult, run_schema_tests
from helmr_contract.schema.setup import load_schema
from helmr_contract.secrets import Scrubber
from helmr_contract.selection import Selection, select
from helmr_contract.target import Target, TargetError
from tests.contract.miniature import KEY, PREPARING, Miniature, document, serve

pytestmark = pytest.mark.xdist_group("harness")  # one worker runs the schema tests that others read

FEW = SchemaOptions(seed=7, max_examples=4)
QUICK = SchemaOptions(seed=7, phases=("examples", "coverage"))


def run(mini: Miniature, options: SchemaOptions = FEW, *, only: str | None = None) -> SchemaResult:
    """Run the schema tests on all operations, or only on one and those that prepare sessions for it."""
    with serve(mini.app()) as url:
        target = Target(url, KEY)
        with target.client() as client:
            fixtures = Fixtures(target, client, select(document(), [PREPARING, only] if only else []))
            fixtures.prepare(sessions=2, expendable=3, tokens=4)
            try:
                return run_schema_tests(document(), target, fixtures, options, scrub=Scrubber(KEY))
            finally:
                left = fixtures.clean_up()
                # A faulty server may reject even this; the run reports it.
                assert mini.faults or left == []


def test_the_schema_tests_end_when_the_server_no_longer_responds() -> None:
    """Waiting for every further request could take hours."""
    with serve(Miniature().app()) as url, Target(url, KEY).client() as client:
        fixtures = Fixtures(Target(url, KEY), client, Selection(document()))
        fixtures.prepare(sessions=2, expendable=3, tokens=4)

    result = run_schema_tests(document(), Target(url, KEY), fixtures, QUICK, scrub=Scrubber(KEY))

    assert result.stopped == "the last 10 requests got no response"
    assert result.failures


@pytest.mark.parametrize("body", [{"streams": [{"name": "input"}]}, {"streams": 1}, {}])
def test_a_fixture_that_is_not_as_documented_is_an_error_that_names_its_request(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]
) -> None:
    async def streams(mini: Miniature, request: Request) -> JSONResponse:
        return JSONResponse(body)

    monkeypatch.setattr(Miniature, "streams", streams)
    with serve(Miniature().app()) as url, Target(url, KEY).client() as client:
        fixtures = Fixtures(Target(url, KEY), client, Selection(document()))
        with pytest.raises(
            TargetError, match=r"^GET /api/sessions/.+/streams returned a body that is not as"
        ):
            fixtures.prepare(sessions=2, expendable=3, tokens=4)


def test_a_server_that_closes_connections_for_some_data_only_is_tested_to_the_end() -> None:
    responses = Responses(lambda: True)
    for _ in range(100):
        with pytest.raises(requests.ConnectionError), responses.awaited():
            raise requests.ConnectionError
    assert responses.ended is None


FOREIGN = {
    "id": str(uuid.UUID(int=7)),
    "status": "open",
    "current_run_id": str(uuid.UUID(int=8)),
    "external_id": "a",
}


@pytest.fixture(scope="module")
def kept() -> tuple[Miniature, SchemaResult]:
    """A conforming server that also has a session that the tests did not create."""
    mini = Miniature()
    mini.sessions[FOREIGN["id"]] = dict(FOREIGN)
    # Every list includes it, as on a real server, and the fuzzer picks up such ids.
    mini.advertised = [FOREIGN["id"]]
    return mini, run(mini, replace(FEW, max_examples=15))


@cache
def quick(*faults: str, only: str | None = None) -> SchemaResult:
    """Several tests read the same results."""
    return run(Miniature(frozenset(faults)), QUICK, only=only)


def test_a_conforming_server_has_no_failure(kept: tuple[Miniature, SchemaResult]) -> None:
    _, result = kept
    assert result.failures == []
    assert result.stopped is None
    assert result.checks > result.cases > 200


def test_item_and_public_routes_are_reached_with_existing_ids(kept: tuple[Miniature, SchemaResult]) -> None:
    _, result = kept
    for operation, status in (
        ("getSession", "200"),
        ("cancelSession", "200"),
        ("appendOutputRecord", "201"),
        ("listRunEvents", "200"),
        ("cancelToken", "200"),
        ("completeTokenWithPublicAccessToken", "200"),
    ):
        assert result.coverage.statuses[operation][status] >= 5, operation


def test_cached_lookups_return_the_same_settings() -> None:
    with serve(Miniature().app()) as url:
        target = Target(url, KEY)
        with target.client() as client:
            schema = load_schema(document(), target, Fixtures(target, client, Selection(document())), QUICK)
    operations = [cast(Any, found).ok() for found in schema.get_all_operations()]

    def settings() -> list[str]:
        config = schema.config
        return [
            repr(vars(found))
            for operation in (None, *operations)
            for phase in (None, "coverage", "fuzzing")
            for found in (
                config.generation_for(operation=operation, phase=phase),
                config.phases_for(operation=operation).coverage,
                config.checks_config_for(operation=operation, phase=phase).use_after_free,
            )
        ]

    looked_up = settings()
    with remembered_lookups():
        assert settings() == settings() == looked_up
        generation = schema.config.generation_for(operation=operations[0], phase="fuzzing")
        assert schema.config.generation_for(operation=operations[0], phase="fuzzing") is generation
        assert schema.config.generation_for(operation=operations[0], phase="coverage") is not generation


def test_the_limits_of_hypothesis_are_lowered_while_values_are_drawn() -> None:
    before = {name: getattr(engine, name) for name in TRIES}
    seen: list[dict[str, Any]] = []
    with_few_tries(lambda: seen.append({name: getattr(engine, name) for name in TRIES}))()
    assert seen == [TRIES]
    assert {name: getattr(engine, name) for name in TRIES} == before


def test_a_version_of_hypothesis_without_these_limits_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in TRIES:
        monkeypatch.delattr(engine, name)
    drawn: list[bool] = []
    with_few_tries(lambda: drawn.append(True))()
    assert drawn == [True]
    assert not any(hasattr(engine, name) for name in TRIES)


def test_every_operation_is_also_requested_without_a_credential(kept: tuple[Miniature, SchemaResult]) -> None:
    _, result = kept
    for operation in document().operations:
        assert result.coverage.statuses[operation]["401"] > 0, operation


def test_everything_created_is_ended_and_tagged(kept: tuple[Miniature, SchemaResult]) -> None:
    mini, _ = kept
    created = [session for session in mini.sessions.values() if session["id"] != FOREIGN["id"]]
    assert created
    assert {session["status"] for session in created} == {"cancelled"}
    assert {token["status"] for token in mini.tokens.values()} <= {"cancelled", "completed"}
    external_ids = [session["external_id"] for session in created if "external_id" in session]
    assert external_ids
    assert all(external_id.startswith("helmr-contract-") for external_id in external_ids)


def test_existing_resources_are_not_touched(kept: tuple[Miniature, SchemaResult]) -> None:
    mini, _ = kept
    assert mini.sessions[FOREIGN["id"]] == FOREIGN
    assert not [path for method, path, _ in mini.requests if method == "POST" and FOREIGN["id"] in path]


def test_the_same_seed_sends_the_same_requests() -> None:
    def shape() -> list[tuple[str, int]]:
        mini = Miniature()
        run(mini, replace(FEW, phases=("fuzzing",)))
        # The server chooses the ids, so compare only operations, counts and outcomes.
        return [(method, status) for method, _, status in mini.requests]

    assert shape() == shape()


TOGETHER = ("wrong-success-status", "content-type", "unknown-field-accepted", "bad-event", "method-ignored")
"""Faults of different operations, all found by one run of all operations, which takes 2 s of processor time.
Each other fault is looked for where it is."""


@pytest.mark.parametrize(
    ("fault", "operation", "check"),
    [
        ("auth-ignored", "GET /api/tasks", "ignored_auth"),
        ("wrong-success-status", "POST /api/tokens", "status_code_conformance"),
        ("field-missing", "GET /api/sessions/{session_id}", "response_schema_conformance"),
        ("content-type", "GET /api/sessions/{session_id}", "content_type_conformance"),
        ("unknown-field-accepted", "POST /api/sessions/{session_id}/cancel", "negative_data_rejection"),
        ("crash", "POST /api/sessions/{session_id}/outputs/{stream}", "not_a_server_error"),
        ("valid-refused", "POST /api/sessions/{session_id}/cancel", "positive_data_acceptance"),
        ("bad-event", "GET /api/runs/{run_id}/events", "response_schema_conformance"),
        ("method-ignored", "GET /api/tasks", "unsupported_method"),
    ],
)
def test_a_fault_is_reported_with_a_command_that_reproduces_it(
    fault: str, operation: str, check: str
) -> None:
    name = next(op.id for op in document().operations.values() if f"{op.method} {op.path}" == operation)
    result = quick(*TOGETHER) if fault in TOGETHER else quick(fault, only=name)
    found = [
        failure for failure in result.failures if (failure.operation, failure.check) == (operation, check)
    ]
    assert found, [(failure.operation, failure.check) for failure in result.failures]
    assert found[0].curl
    assert found[0].curl[-1].startswith("curl ")
    assert KEY not in str(result.failures)


def test_stateful_scenarios_continue_from_a_started_session() -> None:
    mini = Miniature()
    result = run(mini, SchemaOptions(seed=11, max_examples=12, phases=("stateful",)))
    assert result.failures == []
    starts = result.coverage.statuses["startSession"]
    made = starts["201"]
    # Generated task ids are of nothing deployed; left as they are, next to no scenario would begin.
    assert made > sum(number for status, number in starts.items() if status in {"400", "404", "409"})
    by_scenario = [s for s in mini.sessions.values() if "-scenario-" in s.get("external_id", "")]
    assert len(by_scenario) >= made // 2
    assert result.coverage.statuses["getSession"]["200"] > 0


def test_a_time_budget_ends_the_run_and_is_reported() -> None:
    result = run(Miniature(), SchemaOptions(seed=7, max_examples=10_000, time_budget=3))
    assert result.stopped == "max time"
    assert result.seconds < 12


def test_a_baseline_accepts_known_failures_only() -> None:
    accepted = frozenset(entry.identity for entry in quick("field-missing", only="getSession").observed)
    second = run(Miniature(frozenset({"field-missing", "crash"})), replace(QUICK, accepted=accepted))
    assert {failure.operation for failure in second.failures if failure.known} == {
        "GET /api/sessions/{session_id}"
    }
    assert {failure.operation for failure in second.new_failures} == {
        "POST /api/sessions/{session_id}/outputs/{stream}"
    }


def test_a_baseline_that_accepts_one_server_error_accepts_no_other() -> None:
    only = "appendOutputRecord"
    options = replace(
        QUICK, accepted=frozenset(entry.identity for entry in quick("crash", only=only).observed)
    )
    assert run(Miniature(frozenset({"crash"})), options, only=only).new_failures == []
    second = run(Miniature(frozenset({"crash", "crash-otherwise"})), options, only=only)
    assert any("deadlock" in failure.response for failure in second.new_failures)


# The parts ------------------------------------------------------------------------------------------------


def test_a_request_is_matched_to_its_operation() -> None:
    whole = Document.load()
    for method, path, expected in (
        ("GET", "/api/sessions/by-external-id", "getSessionByExternalId"),
        ("GET", "/api/sessions/x", "getSession"),
        ("POST", "/api/sessions/start-and-wait", "startSessionAndWait"),
        ("GET", "/api/runs/counts", "countRuns"),
        ("GET", "/api/runs/count", "getRun"),
        ("OPTIONS", "/api/v1/sessions/by-external-id/inputs/a", "preflightAppendInputRecordByExternalId"),
    ):
        found = whole.match(method, path)
        assert found is not None
        assert found[0].id == expected
    assert whole.match("DELETE", "/api/sessions/x") is None
    assert whole.match("GET", "/api/sessions/x/y") is None


def test_coverage_counts_statuses_and_parameters_and_can_be_merged() -> None:
    one, other = Coverage(document()), Coverage(document())
    one.add(Exchange("GET", "http://x/api/sessions/1", 200))
    other.add(Exchange("POST", "http://x/api/tokens", 201, has_body=True))
    other.add(Exchange("DELETE", "http://x/api/tokens", 405))
    stored = other.to_dict()
    one.add_dict(stored)
    assert (one.operations_reached, one.exchanges) == (2, 3)
    assert one.parameters == {"getSession": {"path.session_id"}, "createToken": {"body"}}
    missing = one.missing_statuses()
    assert ("getSession", "200") not in missing
    assert ("getSession", "404") in missing


def test_a_missing_status_gets_its_explanation() -> None:
    entries = [Unreachable(frozenset({"getSession"}), frozenset({"404"}), "because")]
    missing = {(m.operation, m.status): m.reason for m in explain_missing(Coverage(document()), entries)}
    assert missing["getSession", "404"] == "because"
    assert missing["getSession", "401"] is None


def test_an_explanation_that_matches_nothing_is_an_error() -> None:
    wrong = [
        Unreachable(frozenset({"getNothing"}), frozenset({"404"}), "x"),
        Unreachable(frozenset({"getSession"}), frozenset({"418"}), "x"),
        Unreachable(None, frozenset({"507"}), "x"),
    ]
    assert len(unknown_entries(document(), wrong)) == 3


def test_a_curl_line_can_be_pasted_and_contains_no_credential() -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Host": "x", "Content-Type": "application/json"}
    line = curl_line(
        "POST", "http://x/api/it's?a=b&c", headers.items(), b'{"a": "it\'s $HOME"}', Scrubber(KEY)
    )
    import shlex

    words = shlex.split(line)
    assert words[:5] == ["curl", "-sS", "-i", "-X", "POST"]
    assert "Authorization: Bearer $HELMR_API_KEY" in words
    assert words[-3:] == ["--data-raw", '{"a": "it\'s $HOME"}', "http://x/api/it's?a=b&c"]
    assert '"$HELMR_API_KEY"' in line
    assert KEY not in line


def test_credentials_in_every_form_are_replaced() -> None:
    scrub = Scrubber("plain key/1")
    text = (
        "plain key/1 plain%20key%2F1 hlmr_sk_"
        + "a" * 43
        + " hlmr_pat_"
        + "b" * 43
        + " hlmr_callback_"
        + "c" * 43
    )
    assert scrub(text) == (
        "$HELMR_API_KEY $HELMR_API_KEY $HELMR_API_KEY $HELMR_PUBLIC_ACCESS_TOKEN $HELMR_CALLBACK_SECRET"
    )


def test_an_invalid_document_is_rejected_with_its_name(tmp_path: Path) -> None:
    for content in ("", "a: [", "openapi: 3.1.0"):
        path = tmp_path / "openapi.yaml"
        path.write_text(content)
        with pytest.raises(DocumentError, match=r"openapi\.yaml"):
            Document.load(path)
