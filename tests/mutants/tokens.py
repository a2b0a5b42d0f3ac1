"""Faults of tokens: timeouts, keys, lists, completion, cancellation and their effect on runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from helmr_api.formats import is_object
from helmr_ergonomic.errors import TokenCancelledError, WaitTimeoutError

from .edits import (
    COMPLETIONS,
    Admin,
    added,
    as_,
    backwards,
    becomes,
    body_key,
    chain,
    deep,
    fails_as,
    field_ignored,
    first_resent_if,
    in_body,
    in_json,
    like_the_first,
    limit_ignored,
    param_ignored,
    refusal,
    status,
    text,
    when,
    without,
)
from .gateway import Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, all_of, replaced

CREATE = "createToken"
KEY = body_key("idempotency_key")
STATES = "pending|completed|expired|cancelled"
CONFLICT = refusal("token_completion_conflict")
EXPIRED = refusal("token_expired")
CANCELLED = refusal("token_cancelled")


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# Timeouts ---------------------------------------------------------------------------------------------------


def _timeout(change: Callable[[Json], Json]) -> Patch:
    """Change the timeout of a new token."""
    return requests(in_body(as_("timeout", change)), CREATE)


def _in_seconds(timeout: Json) -> Json:
    return timeout * 1000 if _is_number(timeout) and 0 < timeout < 1e9 else timeout


def _last_part(timeout: Json) -> Json:
    if not is_object(timeout) or not timeout:
        return timeout
    name = list(timeout)[-1]
    return {name: timeout[name]}


def _zero_is_short(timeout: Json) -> Json:
    return 1 if _is_number(timeout) and timeout == 0 else timeout


def _with_unit(timeout: Json) -> Json:
    return timeout + "s" if isinstance(timeout, str) and timeout.isdigit() else timeout


# Keys -------------------------------------------------------------------------------------------------------


def _replays(change: Callable[[Json], Json]) -> Patch:
    """Change the response to a create with a known key."""
    return responses(in_json(change, statuses=(200,)), CREATE)


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _renewed() -> Patch:
    made: dict[str, datetime] = {}
    renewed: dict[str, str] = {}

    def edit(response: Response) -> None:
        token = response.json
        if response.status == 201:
            made[token["id"]] = datetime.now(UTC)
        elif response.status == 200:
            life = _moment(token["timeout_at"]) - made[token["id"]]
            renewed[token["id"]] = (datetime.now(UTC) + life).isoformat().replace("+00:00", "Z")
            response.json = shown(token)

    def shown(token: Json) -> Json:
        return token | {"timeout_at": renewed.get(token["id"], token["timeout_at"])}

    return all_of(responses(edit, CREATE), responses(in_json(shown), "getToken"))


def _free_again() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 200 and response.json["status"] != "pending":
            other = request.copy()
            other.json = request.fields | {"idempotency_key": f"again {response.json['id']}"}
            return await origin(other)
        return response

    return handled(handler, CREATE)


# Lists ------------------------------------------------------------------------------------------------------


def _cursor(request: Request) -> str:
    return request.param("after") or request.param("cursor")


def _listed(change: Callable[[Request, Response, Json, Origin], Awaitable[Response]]) -> Patch:
    """Change the list of tokens; `change` also gets the token that the cursor names, or None."""

    async def handler(request: Request, origin: Origin) -> Response:
        response, cursor = await origin(request), _cursor(request)
        if response.status != 200:
            return response
        named = await origin.get(f"/api/tokens/{cursor}", request) if cursor else None
        return await change(request, response, named, origin)

    return handled(handler, "listTokens")


async def _from_the_cursor(request: Request, response: Response, named: Json, origin: Origin) -> Response:
    del request, origin
    if named is not None:
        response.json = response.json | {"tokens": [named, *response.json["tokens"]]}
    return response


def _without_cursor(request: Request) -> Request:
    other = request.copy()
    other.set_param("after", None)
    other.set_param("cursor", None)
    return other


async def _from_the_start(request: Request, response: Response, named: Json, origin: Origin) -> Response:
    return response if named is None else await origin(_without_cursor(request))


async def _unknown_is_none(request: Request, response: Response, named: Json, origin: Origin) -> Response:
    return response if named is not None or not _cursor(request) else await origin(_without_cursor(request))


async def _one_too_far(request: Request, response: Response, named: Json, origin: Origin) -> Response:
    del named
    if (last := response.json.get("next_cursor")) is not None:
        following = _without_cursor(request)
        following.set_param("after", last)
        following.set_param("limit", "1")
        first = (await origin(following)).json["tokens"][0]
        response.json = response.json | {"next_cursor": first["id"]}
    return response


def _always_more(page: Json) -> Json:
    return page | ({"next_cursor": page["tokens"][-1]["id"]} if page["tokens"] else {})


# Completing and cancelling ----------------------------------------------------------------------------------


def _completing(
    test: Callable[[Response], bool], change: Callable[[Response, Json], object], *operations: str
) -> Patch:
    """Change responses that match `test`; `change` also gets the token, as a GET returns it."""
    admin, chosen = Admin(), operations or COMPLETIONS

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        admin.watch(request, response)
        if request.operation in chosen and test(response) and admin.key:
            path = f"/api/tokens/{request.parameters['token_id']}"
            token = await origin.get(path, request, bearer=admin.key)
            if token is not None:
                change(response, token)
        return response

    return handled(handler)


def _completes(response: Response, token: Json) -> None:
    done = token | {"status": "completed", "data": response.request.fields.get("data")}
    response.become(200, {"status": "completed", "token": done})


def _already_completed(response: Response, token: Json) -> None:
    response.become(200, {"status": "already_completed", "token": token})


def _conflicts(response: Response, token: Json) -> None:
    del token
    fails_as(409, "token completion conflicts with existing completion", "token_completion_conflict")(
        response
    )


def _is_replay(response: Response) -> bool:
    return response.status == 200 and response.json["status"] == "already_completed"


def _overwritten() -> Patch:
    data: dict[str, Json] = {}

    def overwrite(response: Response, token: Json) -> None:
        data[token["id"]] = response.request.fields.get("data")
        _completes(response, token)

    def shown(token: Json) -> Json:
        return token | ({"data": data[token["id"]]} if token["id"] in data else {})

    return all_of(_completing(CONFLICT, overwrite), responses(in_json(shown), "getToken"))


def _floats(data: Json) -> str:
    return text(deep(lambda value: float(value) if _is_number(value) else value)(data))


def _equal_as_values(response: Response, token: Json) -> None:
    if _floats(response.request.fields.get("data")) == _floats(token.get("data")):
        _already_completed(response, token)


def _order_compared() -> Patch:
    first: dict[str, str] = {}

    def edit(response: Response) -> None:
        where = response.request.parameters["token_id"]
        if response.status != 200:
            return
        sent = text(response.request.fields.get("data"))
        if first.setdefault(where, sent) != sent and response.json["status"] == "already_completed":
            _conflicts(response, None)

    return responses(edit, *COMPLETIONS)


def _until_the_sweep(response: Response, token: Json) -> None:
    if token["status"] == "pending":
        _completes(response, token)


def _over(response: Response, token: Json) -> None:
    if _moment(token["timeout_at"]) <= datetime.now(UTC):
        response.fail(410, "token expired", "token_expired")


def _null_omitted(completion: Json) -> Json:
    token = {
        name: value for name, value in completion["token"].items() if name != "data" or value is not None
    }
    return completion | {"token": token}


def _not_found(response: Response) -> bool:
    return response.status == 404


def _is_cancelled(response: Response, token: Json) -> None:
    response.become(
        200, {name: value for name, value in token.items() if name != "data"} | {"status": "cancelled"}
    )


def _unreadable(response: Response) -> bool:
    return response.status == 200 and response.request.json is None


def _pending_still(status: Json) -> Json:
    return "pending" if status == "expired" else status


# Effect on runs ---------------------------------------------------------------------------------------------


Wait = Callable[[], Awaitable[Any]]


def _waiting(change: Callable[[Wait, Wait, str], Awaitable[Any]]) -> Patch:
    """Change the result of a task's wait for a token.

    `change` gets the wait, a short wait that checks whether the token is already final, and the token's id.
    """

    def make(wait: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def waited(bridge: Any, token_id: str, *others: Any) -> Any:
            return await change(
                lambda: wait(bridge, token_id, *others),
                lambda: wait(bridge, token_id, None, 0.001, None),
                token_id,
            )

        return waited

    return replaced("helmr_local._async_context:wait_for_token", make)


async def _for_ever() -> None:
    await asyncio.Event().wait()


async def _wakes_nobody(wait: Wait, look: Wait, token_id: str) -> Any:
    del look, token_id
    result = await wait()
    if result.ok:
        await _for_ever()
    return result


def _wakes_one() -> Patch:
    woken: set[str] = set()

    async def once(wait: Wait, look: Wait, token_id: str) -> Any:
        del look
        result = await wait()
        if result.ok and token_id in woken:
            await _for_ever()
        woken.add(token_id)
        return result

    return _waiting(once)


async def _cancelled_as_timeout(wait: Wait, look: Wait, token_id: str) -> Any:
    del look, token_id
    result = await wait()
    if isinstance(result.error, TokenCancelledError):
        return type(result)(False, error=WaitTimeoutError("token wait timed out", timeout=None))
    return result


async def _blocks_on_final(wait: Wait, look: Wait, token_id: str) -> Any:
    del token_id
    found = await look()
    if found.ok or isinstance(found.error, TokenCancelledError):
        await _for_ever()
    return await wait()


def _timeout_cancels() -> Patch:
    over: set[str] = set()

    async def timed(wait: Wait, look: Wait, token_id: str) -> Any:
        del look
        result = await wait()
        if isinstance(result.error, WaitTimeoutError):
            over.add(token_id)
        return result

    def shown(token: Json) -> Json:
        lost = token["id"] in over and token["status"] == "pending"
        return token | ({"status": "cancelled"} if lost else {})

    def completed(response: Response) -> None:
        if response.request.parameters["token_id"] in over:
            response.fail(409, "token cancelled", "token_cancelled")

    return all_of(
        _waiting(timed), responses(in_json(shown), "getToken"), responses(completed, "completeToken")
    )


MUTANTS = [
    # --- timeouts ---------------------------------------------------------------------------------
    Mutant(
        "timeout-number-in-seconds",
        "a number as timeout is read as seconds",
        ("tokens-auth-errors.md 3.3",),
        _timeout(_in_seconds),
    ),
    Mutant(
        "timeout-default-one-day",
        "a token without a timeout expires after one day",
        ("tokens-auth-errors.md 3.3",),
        requests(in_body(added("timeout", "24h")), CREATE),
    ),
    Mutant(
        "timeout-parts-not-summed",
        "only the last part of a timeout is used",
        ("tokens-auth-errors.md 3.3",),
        _timeout(_last_part),
    ),
    Mutant(
        "timeout-zero-taken",
        "a timeout of zero is accepted",
        ("tokens-auth-errors.md 3.3",),
        _timeout(_zero_is_short),
    ),
    Mutant(
        "timeout-text-of-a-number",
        'the string "90" is read as 90 seconds',
        ("tokens-auth-errors.md 3.3",),
        _timeout(_with_unit),
    ),
    # --- keys -------------------------------------------------------------------------------------
    Mutant(
        "token-key-ignored",
        "a known key creates another token",
        ("tokens-auth-errors.md 3.3", "tokens-auth-errors.md 1.14"),
        field_ignored("idempotency_key", operations=(CREATE,)),
    ),
    Mutant(
        "token-key-takes-other-parameters",
        "a known key returns its token for any parameters",
        ("tokens-auth-errors.md 3.3",),
        first_resent_if(refusal("idempotency_fingerprint_mismatch"), KEY, CREATE),
    ),
    Mutant(
        "token-key-forgets-tags",
        "other tags under one key are accepted",
        ("tokens-auth-errors.md 3.3",),
        like_the_first("tags", KEY, CREATE),
    ),
    Mutant(
        "token-key-reads-timeout",
        "timeouts 1h and 3600000 are treated as equal under one key",
        ("tokens-auth-errors.md 3.3",),
        _timeout(lambda timeout: 3_600_000 if timeout == "1h" else timeout),
    ),
    Mutant(
        "token-replay-without-secrets",
        "a replayed create lacks the secrets",
        ("tokens-auth-errors.md 3.3", "tokens-auth-errors.md 3.1"),
        _replays(without("callback_url", "public_access_token")),
    ),
    Mutant(
        "token-replay-is-201",
        "a replayed create gets 201",
        ("tokens-auth-errors.md 3.3",),
        responses(status(201, of=200), CREATE),
    ),
    Mutant(
        "token-replay-renews-timeout",
        "a replayed create restarts the token's timeout",
        ("tokens-auth-errors.md 3.3",),
        _renewed(),
    ),
    Mutant(
        "token-key-ends-with-token",
        "the key of a final token is released",
        ("tokens-auth-errors.md 3.3",),
        _free_again(),
    ),
    Mutant(
        "token-secret-not-derived",
        "a replayed create shows another public access token",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.3"),
        _replays(as_("public_access_token", lambda _: "hlmr_public_access_" + "A" * 43)),
    ),
    # --- lists ------------------------------------------------------------------------------------
    Mutant(
        "tokens-newest-first",
        "tokens are listed newest first",
        ("tokens-auth-errors.md 3.4",),
        responses(in_json(as_("tokens", backwards)), "listTokens"),
    ),
    Mutant(
        "tokens-cursor-inclusive",
        "a page of tokens begins with the token of the cursor",
        ("tokens-auth-errors.md 3.4",),
        _listed(_from_the_cursor),
    ),
    Mutant(
        "tokens-cursor-ignored",
        "the cursor of the list of tokens is ignored",
        ("tokens-auth-errors.md 3.4",),
        _listed(_from_the_start),
    ),
    Mutant(
        "tokens-unknown-cursor",
        "an unknown cursor lists from the beginning",
        ("tokens-auth-errors.md 3.4",),
        _listed(_unknown_is_none),
    ),
    Mutant(
        "tokens-limit-ignored",
        "the limit of the list of tokens is ignored",
        ("tokens-auth-errors.md 3.4",),
        limit_ignored(500, "listTokens"),
    ),
    Mutant(
        "tokens-next-cursor-missing",
        "a page of tokens that is not the last has no next_cursor",
        ("tokens-auth-errors.md 3.4",),
        responses(in_json(without("next_cursor")), "listTokens"),
    ),
    Mutant(
        "tokens-next-cursor-off-by-one",
        "next_cursor names the first token of the next page, which is then skipped",
        ("tokens-auth-errors.md 3.4",),
        _listed(_one_too_far),
    ),
    Mutant(
        "tokens-next-cursor-always",
        "the last page of tokens has a next_cursor",
        ("tokens-auth-errors.md 3.4",),
        responses(in_json(_always_more), "listTokens"),
    ),
    Mutant(
        "tokens-state-ignored",
        "the state filter of the list of tokens is ignored",
        ("tokens-auth-errors.md 3.4",),
        all_of(
            param_ignored("state", "listTokens", valid=STATES),
            param_ignored("status", "listTokens", valid=STATES),
        ),
    ),
    Mutant(
        "tokens-state-not-checked",
        "an unknown token state lists nothing instead of being rejected",
        ("tokens-auth-errors.md 3.4",),
        responses(when(refusal(error="state must be"), becomes(200, {"tokens": []})), "listTokens"),
    ),
    # --- complete, cancel -------------------------------------------------------------------------
    Mutant(
        "completion-conflict-swallowed",
        "other data for a completed token gets already_completed",
        ("tokens-auth-errors.md 3.6",),
        _completing(CONFLICT, _already_completed),
    ),
    Mutant(
        "completion-overwritten",
        "a second completion replaces the first one's data",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        _overwritten(),
    ),
    Mutant(
        "completion-replay-refused",
        "a repeated completion gets a conflict",
        ("tokens-auth-errors.md 3.6",),
        _completing(_is_replay, _conflicts),
    ),
    Mutant(
        "completion-replay-says-completed",
        "a repeated completion returns completed",
        ("tokens-auth-errors.md 3.6",),
        responses(in_json(as_("status", lambda _: "completed")), *COMPLETIONS),
    ),
    Mutant(
        "completion-compares-values",
        "data 1 and 1.0 are treated as equal",
        ("tokens-auth-errors.md 3.6",),
        _completing(CONFLICT, _equal_as_values),
    ),
    Mutant(
        "completion-compares-order",
        "the order of an object's fields matters",
        ("tokens-auth-errors.md 3.6",),
        _order_compared(),
    ),
    Mutant(
        "completion-of-expired-token",
        "an overdue token can be completed",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        _completing(EXPIRED, _completes),
    ),
    Mutant(
        "completion-before-sweep",
        "an overdue token can be completed until the sweep",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        _completing(EXPIRED, _until_the_sweep),
    ),
    Mutant(
        "completion-of-cancelled-token",
        "a cancelled token can be completed",
        ("tokens-auth-errors.md 3.6", "tokens-auth-errors.md 3.2"),
        _completing(CANCELLED, _completes),
    ),
    Mutant(
        "completion-forgotten-after-timeout",
        "a completed token cannot be completed with the same data after its timeout",
        ("tokens-auth-errors.md 3.6",),
        _completing(_is_replay, _over),
    ),
    Mutant(
        "completion-null-omitted",
        "a token completed with null has no data",
        ("tokens-auth-errors.md 3.1", "tokens-auth-errors.md 3.6"),
        responses(in_json(_null_omitted), "completeToken"),
    ),
    Mutant(
        "cancel-of-completed-token-is-409",
        "cancelling a completed token gets a conflict",
        ("tokens-auth-errors.md 3.7",),
        _completing(
            _not_found,
            lambda response, _: response.fail(409, "token cancelled", "token_cancelled"),
            "cancelToken",
        ),
    ),
    Mutant(
        "cancel-of-completed-token",
        "a completed token can be cancelled",
        ("tokens-auth-errors.md 3.7", "tokens-auth-errors.md 3.2"),
        _completing(_not_found, _is_cancelled, "cancelToken"),
    ),
    Mutant(
        "cancel-twice",
        "cancelling a cancelled token succeeds",
        ("tokens-auth-errors.md 3.7",),
        _completing(CANCELLED, _is_cancelled, "cancelToken"),
    ),
    Mutant(
        "cancel-reads-body",
        "cancelling a token needs a JSON body",
        ("tokens-auth-errors.md 3.7",),
        responses(when(_unreadable, fails_as(400, "invalid token cancel request JSON: EOF")), "cancelToken"),
    ),
    Mutant(
        "sweep-forgets-tokens",
        "overdue tokens stay pending",
        ("tokens-auth-errors.md 3.2",),
        responses(
            in_json(chain(as_("status", _pending_still), as_("tokens[].status", _pending_still))),
            "getToken",
            "listTokens",
        ),
    ),
    # --- effect on runs ---------------------------------------------------------------------------
    Mutant(
        "completion-wakes-nobody",
        "a run that waits for a token is not resumed by its completion",
        ("tokens-auth-errors.md 3.8",),
        _waiting(_wakes_nobody),
    ),
    Mutant(
        "completion-wakes-one",
        "only one of several runs that wait for a token is resumed",
        ("tokens-auth-errors.md 3.8",),
        _wakes_one(),
    ),
    Mutant(
        "cancel-wakes-as-timeout",
        "a run whose token is cancelled gets a timeout",
        ("tokens-auth-errors.md 3.8",),
        _waiting(_cancelled_as_timeout),
    ),
    Mutant(
        "wait-on-final-token-blocks",
        "a wait for a final token does not return immediately",
        ("tokens-auth-errors.md 3.8",),
        _waiting(_blocks_on_final),
    ),
    Mutant(
        "wait-timeout-expires-token",
        "a wait's own timeout cancels the token",
        ("tokens-auth-errors.md 3.8",),
        _timeout_cancels(),
    ),
]
