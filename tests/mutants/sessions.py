"""Faults of sessions: list, patch, close, cancel, expiry, runs and follow-up runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from .edits import (
    INPUTS,
    SESSION_READS,
    STARTS,
    added,
    as_,
    backwards,
    both,
    chain,
    field_ignored,
    in_body,
    in_json,
    limit_ignored,
    param,
    param_ignored,
    refusal,
    session_path,
    silenced,
    whole,
    without,
)
from .gateway import Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, all_of, replaced

UPDATES = both("updateSession")
CLOSES = both("closeSession")
CANCELS = both("cancelSession")
RUNS_OF = both("listSessionRuns")
EXTENDABLE = "session_expires_at_not_extendable"


# List, get, patch -------------------------------------------------------------------------------------------


def _by_creation(sessions: Json) -> Json:
    return sorted(sessions, key=lambda session: (session["created_at"], session["id"]), reverse=True)


def _prefix_filter() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        prefix = request.param("external_id")
        if not prefix:
            return await origin(request)
        wider = request.copy()
        wider.set_param("external_id", None)
        wider.set_param("limit", "200")
        response = await origin(wider)
        if response.status == 200:
            found = [
                one for one in response.json["sessions"] if one.get("external_id", "").startswith(prefix)
            ]
            response.json = {"sessions": found}
        return response

    return handled(handler, "listSessions")


def _overdue(session: Json) -> bool:
    return "expires_at" in session and _moment(session["expires_at"]) <= datetime.now(UTC)


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _reading_expires() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200 and response.json["status"] == "open" and _overdue(response.json):
            await origin.send("POST", f"/api/sessions/{response.json['id']}/close", request, {})
            response = await origin(request)
        return response

    return handled(handler, *SESSION_READS)


def _merging() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        session = await origin.get(session_path(request), request)
        sent = request.fields.get("metadata")
        if session is not None and isinstance(sent, dict):
            request.json = request.fields | {"metadata": session["metadata"] | sent}
        return await origin(request)

    return handled(handler, *UPDATES)


def _extended_anyway(test: Callable[[Json], bool]) -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.code == EXTENDABLE and _moment(request.fields["expires_at"]) > datetime.now(UTC):
            session = await origin.get(session_path(request), request)
            if test(session):
                response.become(200, session | {"expires_at": request.fields["expires_at"]})
        return response

    return handled(handler, *UPDATES)


def _as_if_done(test: Callable[[Response], bool], *operations: str, state: str = "") -> Patch:
    """Return the session instead of an error that matches `test`, if the session has the status `state`."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if test(response):
            session = await origin.get(session_path(request), request)
            if not state or session["status"] == state:
                response.become(200, session)
        return response

    return handled(handler, *operations)


def _updated_at_kept() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        before = await origin.get(session_path(request), request)
        response = await origin(request)
        if response.status == 200:
            response.json = response.json | {"updated_at": before["updated_at"]}
        return response

    return handled(handler, *UPDATES)


# Close, cancel, expiry --------------------------------------------------------------------------------------


def _closing_anyway() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.code == "close_run_active":
            session = await origin.get(session_path(request), request)
            response.become(200, session | {"status": "closed", "activity": "idle"})
        return response

    return handled(handler, *CLOSES)


def _closed_not_expired(session: Json) -> Json:
    if session["status"] == "expired":
        reason = {"reason": "closed", "origin": "api"}
        session = session | {"status": "closed", "terminal_reason": reason}
    return session


def _on_second_cancel(change: Callable[[Response, str], None]) -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        before = await origin.get(session_path(request), request)
        response = await origin(request)
        if before is not None and before["status"] == "cancelled" and response.status == 200:
            change(response, str(request.fields.get("reason") or "cancelled"))
        return response

    return handled(handler, *CANCELS)


def _conflict(response: Response, reason: str) -> None:
    del reason
    response.fail(409, "session is terminal", "session_terminal")


def _second_reason(response: Response, reason: str) -> None:
    response.json = as_("terminal_reason.reason", lambda _: reason)(response.json)


def _runs_of_sessions(force: bool | None) -> Patch:
    """Change how cancelling a session cancels its run: by force, gracefully, or not at all (None)."""

    def make(cancel: Callable[..., bool]) -> Callable[..., bool]:
        def cancelled(runs: Any, run: Any, *args: Any, **options: Any) -> bool:
            if options.get("end_link"):
                return force is not None and cancel(runs, run, *args, **{**options, "force": force})
            return cancel(runs, run, *args, **options)

        return cancelled

    return replaced("helmr_local.resources.run_states:RunStates.cancel", make)


def _if_cancelled(session: Json) -> Json:
    return without("error")(session) if session["status"] == "cancelled" else session


def _expired_while_active(session: Json) -> Json:
    if session["status"] == "open" and session["activity"] != "idle" and _overdue(session):
        session = session | {"status": "expired", "activity": "idle"}
    return session


def _by_api(_: Json) -> Json:
    return "api"


def _closed_when_idle(session: Json) -> Json:
    idle = session["status"] == "open" and session["activity"] == "idle"
    return session | ({"status": "closed"} if idle else {})


def _running_when_waiting(activity: Json) -> Json:
    return "running" if activity == "waiting" else activity


def _pending_input_not_shown() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200 and response.json["activity"] == "queued":
            run = await origin.get(f"/api/runs/{response.json['current_run_id']}", request)
            response.json = response.json | {
                "activity": "running" if run["status"] == "running" else "queued"
            }
        return response

    return handled(handler, *SESSION_READS)


def _closable(session: Json) -> Json:
    return session | {"can_close": session["status"] == "open"}


# Session runs and follow-up runs ----------------------------------------------------------------------------


def _on_append(test: Callable[[Json], bool], edit: Callable[[Json], Json]) -> Patch:
    """After an append that matches `test`, make another, edited one."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 201 and test(response.json):
            another = request.copy()
            another.json = edit(request.fields)
            await origin(another)
        return response

    return handled(handler, *INPUTS)


def _one_run_more(test: Callable[[Json], bool]) -> Patch:
    """List one more run for a matching session that got input while its run was active."""
    owed: set[str] = set()

    async def noting(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 201 and response.json.get("continuation_status") == "accepted_run_pending":
            owed.add((await origin.get(session_path(request), request))["id"])
        return response

    async def listing(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        session = await origin.get(session_path(request), request)
        if response.status == 200 and session["id"] in owed and test(session):
            runs = response.json["runs"]
            more = without("ended_at", "terminal_outcome")(dict(runs[-1])) | {
                "turn_index": runs[-1]["turn_index"] + 1,
                "previous_run_id": runs[-1]["run_id"],
                "status": "queued",
                "execution_status": "queued",
            }
            response.json = {"runs": [*runs, more]}
        return response

    return all_of(handled(noting, *INPUTS), handled(listing, *RUNS_OF))


def _of_follow_up(path: str, value: Json) -> Callable[[Json], Json]:
    """Change an attribute of the first event of a follow-up run."""

    def change(page: Json) -> Json:
        for event in page["events"]:
            if event["kind"] == "run.created" and event["attributes"]["reason"] == "input":
                event["attributes"][path] = value
        return page

    return change


def _first_run_stays_current() -> Patch:
    first: dict[str, str] = {}

    def change(session: Json) -> Json:
        current = first.setdefault(session["id"], session["current_run_id"])
        return session | {"current_run_id": current}

    return responses(in_json(change), *SESSION_READS)


def _touching() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 201:
            await origin.send("PATCH", session_path(request), request, {})
        return response

    return handled(handler, *INPUTS)


MUTANTS = [
    # --- list, get ---------------------------------------------------------------------------------
    Mutant(
        "blank-session-id-refused",
        "a blank session id is rejected instead of using the external id",
        ("sessions.md 3.4",),
        requests(
            lambda request: (
                None if request.parameter("session_id").strip() else request.set_parameter("session_id", "x")
            ),
            "getSession",
            "listSessionRuns",
            "closeSession",
        ),
    ),
    Mutant(
        "sessions-oldest-first",
        "sessions are listed with the oldest update first",
        ("sessions.md 8",),
        responses(in_json(as_("sessions", backwards)), "listSessions"),
    ),
    Mutant(
        "sessions-by-creation",
        "sessions are listed by creation, not by update",
        ("sessions.md 8",),
        responses(in_json(as_("sessions", _by_creation)), "listSessions"),
    ),
    Mutant(
        "sessions-limit-ignored",
        "the limit of the list of sessions is ignored",
        ("sessions.md 8",),
        limit_ignored(200, "listSessions"),
    ),
    Mutant(
        "sessions-limit-201",
        "a limit of 201 sessions is accepted",
        ("sessions.md 8",),
        requests(param("limit", whole(201, 500, lambda _: 200)), "listSessions"),
    ),
    Mutant(
        "sessions-status-all",
        "status=all lists all sessions",
        ("sessions.md 8",),
        param_ignored("status", "listSessions", valid="all"),
    ),
    Mutant(
        "sessions-task-filter-ignored",
        "the task filter of the list of sessions is ignored",
        ("sessions.md 8",),
        param_ignored("task_id", "listSessions"),
    ),
    Mutant(
        "sessions-external-id-prefix",
        "the external id filter matches prefixes",
        ("sessions.md 8",),
        _prefix_filter(),
    ),
    Mutant(
        "reading-expires",
        "reading an overdue session expires it",
        ("sessions.md 9", "sessions.md 14.1"),
        _reading_expires(),
    ),
    # --- patch -------------------------------------------------------------------------------------
    Mutant(
        "patch-merges-metadata",
        "a patch merges metadata instead of replacing it",
        ("sessions.md 10",),
        _merging(),
    ),
    Mutant(
        "patch-clears-tags",
        "a patch without tags clears them",
        ("sessions.md 10",),
        requests(in_body(added("tags", [])), *UPDATES),
    ),
    Mutant(
        "patch-shortens-expiry",
        "a patch can bring an expiry forward",
        ("sessions.md 10",),
        _extended_anyway(lambda session: "expires_at" in session),
    ),
    Mutant(
        "patch-sets-expiry",
        "a patch adds an expiry to a session that has none",
        ("sessions.md 10",),
        _extended_anyway(lambda session: "expires_at" not in session),
    ),
    Mutant(
        "patch-of-ended-session",
        "an ended session can be patched",
        ("sessions.md 10", "sessions.md 14.4"),
        _as_if_done(refusal("session_terminal"), *UPDATES),
    ),
    Mutant(
        "patch-does-not-touch-updated-at",
        "a patch does not change updated_at",
        ("sessions.md 10",),
        _updated_at_kept(),
    ),
    # --- close, cancel, expiry ---------------------------------------------------------------------
    Mutant(
        "close-with-active-run",
        "a session with an active run can be closed",
        ("sessions.md 11", "sessions.md 14.3"),
        _closing_anyway(),
    ),
    Mutant(
        "close-twice",
        "closing a closed session succeeds",
        ("sessions.md 11", "sessions.md 14.4"),
        _as_if_done(refusal("session_terminal"), *CLOSES, state="closed"),
    ),
    Mutant(
        "close-loses-reason",
        "the reason of a close is not stored",
        ("sessions.md 11",),
        field_ignored("reason", operations=CLOSES),
    ),
    Mutant(
        "close-of-overdue-session",
        "closing an overdue session closes it instead of expiring it",
        ("sessions.md 11", "sessions.md 14.1"),
        responses(in_json(_closed_not_expired), *CLOSES),
    ),
    Mutant(
        "cancel-shows-earlier-state",
        "the response to the cancel that ends a session shows its earlier state",
        ("sessions.md 12",),
        responses(in_json(as_("status", lambda _: "open")), *CANCELS),
    ),
    Mutant(
        "cancel-not-idempotent",
        "cancelling a cancelled session gets a conflict",
        ("sessions.md 12", "sessions.md 14.4"),
        _on_second_cancel(_conflict),
    ),
    Mutant(
        "cancel-takes-second-reason",
        "a second cancel replaces the reason",
        ("sessions.md 12",),
        _on_second_cancel(_second_reason),
    ),
    Mutant(
        "cancel-leaves-run",
        "cancelling a session does not cancel its run",
        ("sessions.md 12", "runs.md 5.3"),
        _runs_of_sessions(None),
    ),
    Mutant(
        "cancel-forces-run",
        "cancelling a session forcibly ends its run",
        ("sessions.md 12", "runs.md 5.3"),
        _runs_of_sessions(force=True),
    ),
    Mutant(
        "cancel-without-error",
        "a cancelled session has no error",
        ("sessions.md 12", "sessions.md 4.1"),
        responses(in_json(_if_cancelled), *SESSION_READS, *CANCELS),
    ),
    Mutant(
        "expiry-never",
        "overdue sessions do not expire",
        ("sessions.md 14.1",),
        silenced("helmr_local.resources.sessions:Sessions.sweep"),
    ),
    Mutant(
        "expiry-of-active-session",
        "an overdue session is expired while its run is running",
        ("sessions.md 14.1",),
        responses(in_json(_expired_while_active), *SESSION_READS),
    ),
    Mutant(
        "expiry-origin",
        "a session expired by the sweeper has the origin api",
        ("sessions.md 14.1",),
        responses(
            in_json(chain(as_("terminal_reason.origin", _by_api), as_("error.details.origin", _by_api))),
            *SESSION_READS,
        ),
    ),
    Mutant(
        "failed-run-closes-session",
        "a session is closed when its run ends",
        ("sessions.md 14.1",),
        responses(in_json(_closed_when_idle), *SESSION_READS),
    ),
    Mutant(
        "activity-ignores-waits",
        "a session whose run waits is shown as running",
        ("sessions.md 14.2",),
        responses(in_json(as_("activity", _running_when_waiting)), *SESSION_READS),
    ),
    Mutant(
        "activity-ignores-pending-input",
        "a session with a pending follow-up run is not shown as queued",
        ("sessions.md 14.2", "sessions.md 17.2"),
        _pending_input_not_shown(),
    ),
    Mutant(
        "can-close-while-running",
        "can_close is true while a run is active",
        ("sessions.md 14.3",),
        responses(in_json(chain(as_("session", _closable))), *STARTS),
    ),
    # --- session runs and follow-up runs -----------------------------------------------------------
    Mutant(
        "session-runs-newest-first",
        "a session's runs are listed newest first",
        ("sessions.md 13",),
        responses(in_json(as_("runs", backwards)), *RUNS_OF),
    ),
    Mutant(
        "turns-from-one",
        "the first run of a session has turn_index 1",
        ("sessions.md 4.4", "sessions.md 13"),
        responses(in_json(as_("runs[].turn_index", lambda turn: turn + 1)), *RUNS_OF),
    ),
    Mutant(
        "session-run-without-end",
        "a session's entry of an ended run has no ended_at",
        ("sessions.md 4.4", "sessions.md 13"),
        responses(in_json(without("runs[].ended_at")), *RUNS_OF),
    ),
    Mutant(
        "session-run-id-is-run-id",
        "the id of a session's entry is the run's id",
        ("sessions.md 4.4",),
        responses(in_json(as_("runs", lambda runs: [run | {"id": run["run_id"]} for run in runs])), *RUNS_OF),
    ),
    Mutant(
        "follow-up-never",
        "input to an idle session starts no run",
        ("sessions.md 17.1", "sessions.md 17.2"),
        silenced("helmr_local.resources.continuations:Continuations.request"),
    ),
    Mutant(
        "follow-up-for-replay",
        "a replayed input starts another run",
        ("sessions.md 17.2", "sessions.md 17.1"),
        _on_append(
            lambda appended: bool(appended["idempotency_status"] == "duplicate"), without("idempotency_key")
        ),
    ),
    Mutant(
        "follow-up-despite-wait",
        "input that a waiting run receives starts a follow-up run too",
        ("sessions.md 17.1", "sessions.md 17.2"),
        _on_append(lambda appended: "continuation_status" not in appended, without("idempotency_key")),
    ),
    Mutant(
        "follow-up-while-running",
        "input starts a follow-up run while the current one is still active",
        ("sessions.md 17.1", "sessions.md 17.3"),
        _one_run_more(lambda session: bool(session["status"] == "open")),
    ),
    Mutant(
        "follow-up-not-by-itself",
        "input sent to an active run is ignored when the run ends",
        ("sessions.md 17.5", "sessions.md 17.4"),
        silenced("helmr_local.resources.continuations:Continuations.process_all"),
    ),
    Mutant(
        "follow-up-after-cancel",
        "pending input of a cancelled session starts a run",
        ("sessions.md 12", "sessions.md 17.1"),
        _one_run_more(lambda session: bool(session["status"] == "cancelled")),
    ),
    Mutant(
        "follow-up-when-overdue",
        "pending input of an overdue session starts a run",
        ("sessions.md 17.1", "sessions.md 14.1"),
        _one_run_more(lambda session: session["status"] == "expired" or _overdue(session)),
    ),
    Mutant(
        "follow-up-with-other-payload",
        "a follow-up run does not get the previous run's payload",
        ("sessions.md 17.3",),
        responses(in_json(_of_follow_up("payload", {})), "listRunEvents"),
    ),
    Mutant(
        "follow-up-keeps-options",
        "a follow-up run has a retry policy other than the task's",
        ("sessions.md 17.3",),
        responses(in_json(_of_follow_up("retry_policy", {"maxAttempts": 3})), "listRunEvents"),
    ),
    Mutant(
        "follow-up-not-current",
        "a follow-up run does not become the session's current run",
        ("sessions.md 17.1", "sessions.md 17.2"),
        _first_run_stays_current(),
    ),
    Mutant(
        "follow-up-despite-reading",
        "input that the active run has read starts a follow-up run",
        ("sessions.md 17.4",),
        silenced("helmr_local.resources.continuations:Continuations.consume"),
    ),
    Mutant(
        "follow-up-status-missing",
        "an input that started a follow-up run is not reported as such",
        ("sessions.md 17.2", "sessions.md 4.7"),
        responses(in_json(without("continuation_status")), *INPUTS),
    ),
    Mutant(
        "append-touches-session",
        "an append changes the session's updated_at",
        ("sessions.md 4.1",),
        _touching(),
    ),
]
