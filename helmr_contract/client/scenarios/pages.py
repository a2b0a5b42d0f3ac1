"""Paginated lists: read to the end, without gaps, and never endlessly."""

from __future__ import annotations

from helmr_api.formats import is_object
from helmr_contract.client.http1 import Received
from helmr_contract.client.plane import Reply, error, reply
from helmr_contract.client.scenario import Level, Stage, scenario
from helmr_contract.client.world import RUN, SESSION, event, record, token
from helmr_contract.document import Json


def _numbers(result: object, name: str, field: str) -> list[object]:
    assert is_object(result)
    return [one[field] for one in result[name]]


@scenario("pages/records-exactly-once", "outputs.list")
def records(stage: Stage) -> None:
    """A list of records continues to the last page, with each record once and in order."""
    stage.world.outputs = [record(number, number) for number in range(1, 1201)]
    got = _numbers(stage.returns("outputs.list", session_id=SESSION, stream="report"), "records", "sequence")
    stage.equal(got, list(range(1, 1201)), "the sequences")


@scenario("pages/records-appended-while-reading", "outputs.list")
def records_growing(stage: Stage) -> None:
    """Records added between two pages are neither lost nor returned twice."""
    stage.world.outputs = [record(number, number) for number in range(1, 501)]

    def page(request: Received) -> Reply:
        response = stage.world.records(request, stage.world.outputs)
        count = len(stage.world.outputs)
        if count < 520:
            stage.world.outputs += [record(number, number) for number in range(count + 1, count + 11)]
        return response

    stage.on("GET .*/outputs/report", page)
    got = _numbers(stage.returns("outputs.list", session_id=SESSION, stream="report"), "records", "sequence")
    stage.equal(got, list(range(1, len(got) + 1)), "the sequences")
    stage.check(len(got) >= 500, "the first 500 are among them")


def _token_pages(stage: Stage, count: int, size: int, cursor_of: str = "id") -> None:
    known = [token(number) for number in range(count)]

    def page(request: Received) -> Reply:
        after = request.param("after") or request.param("cursor")
        start = next((i + 1 for i, one in enumerate(known) if one["id"] == after), 0)
        shown = known[start : start + size]
        more = {"next_cursor": shown[-1][cursor_of]} if start + size < count else {}
        return reply({"tokens": shown, **more})

    stage.on("GET /api/tokens", page)


@scenario("pages/tokens-all-pages", "tokens.list")
def tokens(stage: Stage) -> None:
    """A list of tokens follows next_cursor to the page that has none."""
    _token_pages(stage, 7, 2)
    got = _numbers(stage.returns("tokens.list"), "tokens", "id")
    stage.equal(got, [token(number)["id"] for number in range(7)], "the tokens")
    stage.equal(len(stage.requests("GET /api/tokens")), 4, "the number of requests")


@scenario("pages/filter-kept-on-every-page", "tokens.list")
def filter_kept(stage: Stage) -> None:
    """Each page is requested with the same filter as the first."""
    _token_pages(stage, 5, 2)
    stage.returns("tokens.list", state="pending")
    states = [one.param("state") or one.param("status") for one in stage.requests("GET /api/tokens")]
    stage.equal(states, ["pending"] * 3, "the filter of each request")


@scenario("pages/events-all-pages", "runs.events")
def events(stage: Stage) -> None:
    """A list of events follows next_cursor to the end, each event once."""
    stage.world.events = [event(number, "log") for number in range(1, 451)]
    got = _numbers(stage.returns("runs.events", run_id=RUN), "events", "id")
    stage.equal([int(str(one)) for one in got], list(range(1, 451)), "the events")


@scenario("pages/cursor-number-or-string", "runs.events", "tokens.list")
def cursor_of_either_type(stage: Stage) -> None:
    """Both numeric cursors (events) and string cursors (tokens) are followed."""
    stage.world.events = [event(number, "log") for number in range(1, 4)]

    def page(request: Received) -> Reply:
        after = int(request.param("cursor") or 0)
        more: Json = {} if after == 2 else {"next_cursor": after + 1}
        return reply({"events": stage.world.events[after : after + 1], "cursor": after + 1, **more})

    stage.on(f"GET /api/runs/{RUN}/events", page)
    got = _numbers(stage.returns("runs.events", run_id=RUN), "events", "id")
    stage.equal([int(str(one)) for one in got], [1, 2, 3], "the events")
    _token_pages(stage, 3, 1)
    stage.equal(len(_numbers(stage.returns("tokens.list"), "tokens", "id")), 3, "the number of tokens")


@scenario("pages/cursor-verbatim", "tokens.list")
def cursor_verbatim(stage: Stage) -> None:
    """A cursor is sent back verbatim, even in a form that is unknown today."""
    cursor = "bmV4dA==/+ é?&"
    stage.on(
        "GET /api/tokens", reply({"tokens": [token(1)], "next_cursor": cursor}), reply({"tokens": [token(2)]})
    )
    outcome = stage.call("tokens.list")
    if outcome.error is not None:
        stage.check(
            outcome.error.kind == "invalid_response", f"it is refused as invalid, not as {outcome.error}"
        )
        return
    second = stage.requests("GET /api/tokens")[1]
    stage.equal(second.param("after") or second.param("cursor"), cursor, "the cursor of the second request")


@scenario("pages/repeating-page-ends", "tokens.list")
def repeating_page(stage: Stage) -> None:
    """A server that returns the same page and cursor repeatedly does not keep a client busy forever."""
    stage.on("GET /api/tokens", lambda _: reply({"tokens": [token(1)], "next_cursor": token(1)["id"]}))
    stage.call("tokens.list", within=30)
    stage.check(len(stage.requests()) <= 50, f"it ends soon, not after {len(stage.requests())} requests")


@scenario("pages/repeating-records-end", "outputs.list")
def repeating_records(stage: Stage) -> None:
    """A server that ignores the cursor of a list of records does not keep a client busy forever."""
    page = [record(number, number) for number in range(1, 501)]
    stage.on("GET .*/outputs/report", lambda _: reply({"records": page}))
    outcome = stage.call("outputs.list", session_id=SESSION, stream="report", within=30)
    stage.check(len(stage.requests()) <= 50, f"it ends soon, not after {len(stage.requests())} requests")
    if outcome.error is None:
        got = _numbers(outcome.result, "records", "sequence")
        stage.equal(len(got), len(set(map(str, got))), "the number of records returned")


@scenario("pages/empty-page-continues", "tokens.list", level=Level.SHOULD)
def empty_page(stage: Stage) -> None:
    """An empty page with a next_cursor is not the end."""
    first: Json = {"tokens": [], "next_cursor": token(1)["id"]}
    stage.on("GET /api/tokens", reply(first), reply({"tokens": [token(2)]}))
    stage.equal(_numbers(stage.returns("tokens.list"), "tokens", "id"), [token(2)["id"]], "the tokens")


@scenario("pages/later-page-error-reported", "tokens.list")
def error_in_the_middle(stage: Stage) -> None:
    """An error on a later page is reported: an incomplete list is not passed off as complete."""
    first = {"tokens": [token(1)], "next_cursor": token(1)["id"]}
    stage.on("GET /api/tokens", reply(first), error(403, "permission is required"))
    stage.equal(stage.raises("tokens.list", "status").status, 403, "the status")


@scenario("pages/later-page-503-repeated", "tokens.list")
def transient_in_the_middle(stage: Stage) -> None:
    """A transient error on a later page loses no page and returns none twice."""
    first = {"tokens": [token(1)], "next_cursor": token(1)["id"]}
    busy = error(503, "busy", headers={"retry-after": "0"})
    stage.on("GET /api/tokens", reply(first), busy, reply({"tokens": [token(2)]}))
    got = _numbers(stage.returns("tokens.list"), "tokens", "id")
    stage.equal(got, [token(1)["id"], token(2)["id"]], "the tokens")
