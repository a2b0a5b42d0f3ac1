"""Faults of execs and PTYs: creation, input and output by offset, event streams, sizes and ends."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeAlias

from helmr_api.formats import is_list, is_object

from .edits import (
    added,
    as_,
    as_admin,
    backwards,
    becomes,
    body_key,
    fails_as,
    field_ignored,
    header,
    in_body,
    in_json,
    like_the_first,
    limit_ignored,
    param,
    param_ignored,
    refusal,
    settings,
    silenced,
    status,
    when,
    whole,
    without,
)
from .gateway import Edit, Json, Origin, Request, Response, handled, requests, responses
from .mutant import Mutant
from .planting import Patch, replaced

CREATE_EXEC, CREATE_PTY = "createWorkspaceExec", "createWorkspacePty"
LIST_EXECS, LIST_PTYS = "listWorkspaceExecs", "listWorkspacePtys"
EXEC_READS = ("createWorkspaceExec", "getWorkspaceExec", "listWorkspaceExecs")
GET_EXEC, GET_PTY = "getWorkspaceExec", "getWorkspacePty"
STDIN, CLOSE_STDIN = "writeWorkspaceExecStdin", "closeWorkspaceExecStdin"
INPUT, RESIZE, CLOSE = "writeWorkspacePtyInput", "resizeWorkspacePty", "closeWorkspacePty"
WRITES = (STDIN, INPUT)
STDOUT, STDERR, OUTPUT = "listWorkspaceExecStdout", "listWorkspaceExecStderr", "listWorkspacePtyOutput"
OUTPUTS = (STDOUT, STDERR, OUTPUT)

CREATED, LISTED, WRITTEN, CLOSED = (f"workspaces.md 7.{number}" for number in (1, 2, 3, 4))
PAGES, FOLLOWED = "workspaces.md 7.5", "workspaces.md 8"
STATES, PTY_STATES, ONE_WRITER = "workspaces.md 5.2", "workspaces.md 5.3", "workspaces.md 5.4"
PTY_CREATED, PTY_LISTED, PTY_WRITTEN, PTY_READ, PTY_RESIZED, PTY_CLOSED = (
    f"workspaces.md 9.{number}" for number in (1, 2, 3, 4, 5, 6)
)
PERMISSIONS, BODIES = "workspaces.md 2.3", "workspaces.md 2.4"

EXEC_STATES = "queued|materializing|running|exited|terminated|lost|failed"
PTY_STATE_NAMES = "creating|open|resizing|closing|closed|lost|failed"
CONFLICT = refusal("workspace_stream_offset_conflict")
KEY = body_key("idempotency_key", per_path=True)
PROCESS = "helmr_local.processes.process:Process"
PROCESSES = "helmr_local.resources.workspace_processes:WorkspaceProcesses"
CHUNK: dict[str, Json] = {
    "id": "0197f000-0000-7000-8000-00000000abcd",
    "stream": "stdin",
    "offset_start": 0,
    "offset_end": 3,
    "data": "b25l",
    "observed_at": "2026-06-10T08:00:00Z",
    "created_at": "2026-06-10T08:00:00Z",
}


# Bodies -----------------------------------------------------------------------------------------------------


def _field(name: str, change: Callable[[Json], Json], *operations: str) -> Patch:
    """Change a field of the request body."""
    return requests(in_body(as_(name, change)), *operations)


def _command(fields: Json) -> Json:
    return fields if fields.get("command") else {**fields, "command": ["cat"]}


def _each(words: Json) -> list[Json]:
    return words or []


def _named(words: Json) -> Json:
    return [word if isinstance(word, str) and word.strip() else "cat" for word in _each(words)]


def _without_nul(words: Json) -> Json:
    return [word.replace("\0", "") if isinstance(word, str) else word for word in _each(words)]


def _trimmed(words: Json) -> Json:
    return [word.strip() if isinstance(word, str) else word for word in _each(words)]


def _absolute(cwd: Json) -> Json:
    return "/" + cwd if isinstance(cwd, str) and cwd.strip() and not cwd.strip().startswith("/") else cwd


def _without_parents(cwd: Json) -> Json:
    return re.sub(r"/\.\.(?=/|$)", "/x", cwd) if isinstance(cwd, str) else cwd


def _real_names(env: Json) -> Json:
    if not is_object(env):
        return env
    return {name: value for name, value in env.items() if name.strip() and "\0" not in name}


def _cwd_as_sent(response: Response) -> None:
    sent = response.request.fields.get("cwd")
    if response.status == 201 and isinstance(sent, str):
        name = "exec" if response.request.operation == CREATE_EXEC else "pty"
        response.json = as_(f"{name}.cwd", lambda _: sent)(response.json)


def _known_fields(*names: str) -> Callable[[Json], Json]:
    return lambda fields: {name: value for name, value in fields.items() if name in names}


def _strings(env: Json) -> Json:
    return {name: str(value) for name, value in env.items()} if is_object(env) else env


# Input ------------------------------------------------------------------------------------------------------


def _edited_when_repeated(test: Callable[[Response], bool], edit: Edit, *operations: str) -> Patch:
    """Edit the response to a repeated request if it matches `test`."""
    seen: set[tuple[str, bytes]] = set()

    def edited(response: Response) -> None:
        request = response.request
        name = (request.path, request.body)
        if name in seen and test(response):
            edit(response)
        if response.status == 200:
            seen.add(name)

    return responses(edited, *operations)


def _stored_again(operation: str, of: str, cursor: str) -> Patch:
    """Store data again if it is sent again at the same offset."""
    seen: set[tuple[str, bytes]] = set()

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        name = (request.path, request.body)
        if response.status == 200 and name in seen:
            found = await origin.get(request.path.rpartition("/")[0], request)
            other = request.copy()
            other.json = request.fields | {"offset": found[of][cursor]}
            await origin(other)
        seen.add(name)
        return response

    return handled(handler, operation)


def _gap_filled() -> Patch:
    """Write input beyond the cursor at the cursor."""

    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 409 and response.code == "workspace_stream_offset_conflict":
            found = await origin.get(request.path.rpartition("/")[0], request)
            cursor = found["exec"]["stdin_cursor"]
            if int(request.fields.get("offset") or 0) > cursor:
                other = request.copy()
                other.json = request.fields | {"offset": cursor}
                return await origin(other)
        return response

    return handled(handler, STDIN)


def _second_is(code: int, name: str, operation: str) -> Patch:
    """Turn the second success on a path into this error."""
    seen: set[str] = set()

    def edit(response: Response) -> None:
        if response.status == 200:
            if response.request.path in seen:
                response.fail(code, name, name)
            seen.add(response.request.path)

    return responses(edit, operation)


def _closed_now(response: Response) -> None:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    in_json(as_("exec.stdin_closed_at", lambda _: now))(response)


async def _json_demanded(request: Request, origin: Origin) -> Response:
    response = await origin(request)
    if request.body and request.json is None:
        response.fail(400, "invalid workspace exec request JSON: EOF")
    return response


def _closed_anyway() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 409:
            found = await origin.get(request.path.removesuffix("/stdin/close"), request)
            response.become(200, found)
        return response

    return handled(handler, CLOSE_STDIN)


# Output -----------------------------------------------------------------------------------------------------


def _cut(response: Response) -> None:
    """Cut the first chunk of a page at the cursor."""
    cursor = response.request.param("cursor")
    if response.status != 200 or response.streaming or not cursor.isdigit():
        return
    page = response.json
    for chunk in page["chunks"][:1]:
        over = int(cursor) - chunk["offset_start"]
        if over > 0:
            data = base64.b64decode(chunk["data"])[over:]
            chunk |= {"offset_start": int(cursor), "data": base64.b64encode(data).decode()}
    response.json = page


def _one_before(number: int) -> int:
    return number - 1


def _no_header_in_pages(request: Request) -> None:
    if not request.follows:
        request.set_header("last-event-id", None)


def _header_first(request: Request) -> None:
    at = request.header("last-event-id")
    if at is not None and at.isdigit():
        request.set_param("cursor", at)


def _numbers_only(text: str) -> str | None:
    return text if re.fullmatch(r" *[0-9]{1,18} *", text) else None


def _limit_first(response: Response) -> None:
    limit = response.request.param("limit")
    if response.error == "cursor must be a non-negative integer" and limit and not limit.strip("0"):
        response.fail(400, "limit must be a positive integer")


def _from_the_earliest() -> Patch:
    async def handler(request: Request, origin: Origin) -> Response:
        response = await origin(request)
        if response.status == 410:
            other = request.copy()
            other.set_param("cursor", response.error.rpartition(" ")[2])
            return await origin(other)
        return response

    return handled(handler, *OUTPUTS)


def _wrong_cursor(response: Response) -> None:
    if response.status == 410:
        words, _, number = response.error.rpartition(" ")
        response.fail(410, f"{words} {int(number) + 1}", response.code)


def _stderr_is_stdout(request: Request) -> None:
    request.path = request.path.removesuffix("/stderr") + "/stdout"


Frame: TypeAlias = tuple[int, str, Json]
_FRAME = re.compile(rb"id: ([0-9]+)\nevent: ([a-z_]+)\ndata: ([^\n]+)\n\n")


def each_frame(change: Callable[[Frame, Request], Iterable[Frame]]) -> Patch:
    """Replace every frame of an output stream."""

    def edit(response: Response) -> None:
        if not response.streaming:
            return

        def replacement(match: re.Match[bytes]) -> bytes:
            frame = (int(match[1]), match[2].decode(), json.loads(match[3]))
            return b"".join(
                b"id: %d\nevent: %b\ndata: %b\n\n"
                % (at, event.encode(), json.dumps(data, separators=(",", ":")).encode())
                for at, event, data in change(frame, response.request)
            )

        response.body = _FRAME.sub(replacement, response.body)

    return responses(edit, *OUTPUTS)


def last_frame(change: Callable[[Frame], Iterable[Frame]]) -> Patch:
    """Replace the last frame of a stream."""
    return each_frame(lambda frame, _: [frame] if "resource_kind" not in frame[2] else change(frame))


def said_last(change: Callable[[Json], Json]) -> Patch:
    """Change the data of the last frame of a stream."""
    return last_frame(lambda frame: [(frame[0], frame[1], change(frame[2]))])


def _id_is_start(frame: Frame, request: Request) -> Iterable[Frame]:
    del request
    yield (frame[2].get("offset_start", frame[0]), *frame[1:])


def _chunk_frames_without(name: str) -> Patch:
    def change(frame: Frame, request: Request) -> Iterable[Frame]:
        del request
        yield (*frame[:2], {key: value for key, value in frame[2].items() if key != name})

    return each_frame(change)


def _limit_enforced(response: Response) -> None:
    limit = response.request.param("limit")
    if response.streaming and limit and b"stream_chunk" in response.body:
        response.body = b"\n\n".join([*response.body.split(b"\n\n")[: int(limit)], b""])
        response.end = True


def _no_comments(response: Response) -> None:
    if response.streaming:
        response.body = response.body.replace(b": keep-alive\n\n", b"")


def _held_back() -> Patch:
    """Hold output until the exec or PTY has ended."""
    held: dict[int, list[bytes]] = {}

    def edit(response: Response) -> None:
        if not response.streaming or b"event: " not in response.body:
            return
        parts = held.setdefault(id(response.request), [])
        parts.append(response.body)
        response.body = b""
        if b'"resource_kind"' in parts[-1]:
            response.body = b"".join(held.pop(id(response.request)))

    return responses(edit, *OUTPUTS)


# What runs --------------------------------------------------------------------------------------------------


def _exec(change: Callable[[Json], Json]) -> Patch:
    """Change an exec when it is read."""
    return responses(in_json(as_("exec", change)), GET_EXEC)


def _state(old: str, **values: Json) -> Callable[[Json], Json]:
    return lambda shown: {**shown, **values} if shown["state"] == old else shown


def _with_key_of_the_server(old: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: {**old(*args, **kwargs), "HELMR_API_KEY": "hlmr"}


def _of_nothing(old: Callable[[Any, bytes], Any]) -> Callable[[Any, bytes], Any]:
    return lambda process, data: old(process, b"")


def _by_a_shell(fields: Json) -> Json:
    words = fields.get("command")
    if not is_list(words) or not all(isinstance(word, str) and word.strip() for word in words):
        return fields
    return {**fields, "command": ["sh", "-c", " ".join(words)]} if words[0] == "printf" else fields


def _swapped(fields: Json) -> Json:
    return {**fields, "cols": fields.get("rows"), "rows": fields.get("cols")}


def _at_most_500(fields: Json) -> Json:
    return {
        name: min(value, 500) if name in ("cols", "rows") and isinstance(value, int) else value
        for name, value in fields.items()
    }


def _positive_only(fields: Json) -> Json:
    return {
        name: 501 if name in ("cols", "rows") and isinstance(value, int) and value < 1 else value
        for name, value in fields.items()
    }


def _wide(fields: Json) -> Json:
    return fields if fields.get("cols") else {**fields, "cols": 81}


def _resized_at_once(response: Response) -> None:
    if response.status == 200:
        sent = response.request.fields
        size = {"cols": sent.get("cols") or 80, "rows": sent.get("rows") or 24}
        response.json = {"pty": {**response.json["pty"], "state": "open", **size}}


def _other_state_first(response: Response) -> None:
    if response.error.startswith("limit must be") and response.request.param("state") == "x":
        response.fail(400, f"state must be one of {EXEC_STATES.replace('|', ', ')}")


def _only_states(names: str) -> Callable[[str], str | None]:
    return lambda text: text if re.fullmatch(names, text.strip()) else None


MUTANTS = [
    # --- creating an exec --------------------------------------------------------------------------
    Mutant(
        "exec-created-200", "a new exec gets 200", (CREATED,), responses(status(200, of=201), CREATE_EXEC)
    ),
    Mutant(
        "exec-command-optional",
        "an exec without a command is created",
        (CREATED,),
        requests(in_body(_command), CREATE_EXEC),
    ),
    Mutant(
        "exec-blank-words",
        "blank words of a command are accepted",
        (CREATED,),
        _field("command", _named, CREATE_EXEC),
    ),
    Mutant(
        "exec-nul-in-words",
        "U+0000 in a word of a command is dropped",
        (CREATED,),
        _field("command", _without_nul, CREATE_EXEC),
    ),
    Mutant(
        "exec-words-trimmed",
        "the words of a command are trimmed",
        (CREATED,),
        _field("command", _trimmed, CREATE_EXEC),
    ),
    Mutant(
        "cwd-relative",
        "a relative directory is accepted",
        (CREATED, PTY_CREATED),
        _field("cwd", _absolute, CREATE_EXEC, CREATE_PTY),
    ),
    Mutant(
        "cwd-parents",
        "`..` in a directory is accepted",
        (CREATED, PTY_CREATED),
        _field("cwd", _without_parents, CREATE_EXEC, CREATE_PTY),
    ),
    Mutant(
        "cwd-untrimmed",
        "the directory of an exec is returned as sent",
        (CREATED, PTY_CREATED),
        responses(_cwd_as_sent, CREATE_EXEC, CREATE_PTY),
    ),
    Mutant(
        "exec-blank-env-names",
        "variables without a name are dropped",
        (CREATED,),
        _field("env", _real_names, CREATE_EXEC),
    ),
    Mutant(
        "exec-env-ignored",
        "the environment is ignored",
        (CREATED, STATES),
        field_ignored("env", operations=[CREATE_EXEC]),
    ),
    Mutant(
        "exec-env-names-only",
        "the environment is shown without values",
        (CREATED,),
        responses(in_json(as_("exec.env_shape", lambda env: dict.fromkeys(env, ""))), *EXEC_READS),
    ),
    Mutant(
        "exec-env-numbers",
        "numbers are accepted as environment values",
        (BODIES,),
        _field("env", _strings, CREATE_EXEC),
    ),
    Mutant(
        "exec-detached-ignored",
        "`detached` is not stored",
        (CREATED,),
        field_ignored("detached", operations=[CREATE_EXEC]),
    ),
    Mutant(
        "exec-unknown-fields",
        "unknown fields of an exec are ignored",
        (BODIES,),
        requests(in_body(_known_fields("command", "cwd", "env", "detached", "idempotency_key")), CREATE_EXEC),
    ),
    Mutant(
        "exec-without-mount",
        "an exec does not show its mount",
        (CREATED,),
        responses(in_json(without("exec.workspace_mount_id")), CREATE_EXEC, GET_EXEC),
    ),
    Mutant(
        "exec-in-archived",
        "an exec of an archived workspace gets 404",
        (CREATED, PTY_CREATED),
        responses(
            when(refusal("workspace_not_active"), fails_as(404, "workspace not found")),
            CREATE_EXEC,
            CREATE_PTY,
        ),
    ),
    # --- keys --------------------------------------------------------------------------------------
    Mutant(
        "exec-key-ignored",
        "the idempotency key of an exec is ignored",
        (CREATED,),
        field_ignored("idempotency_key", operations=[CREATE_EXEC]),
    ),
    Mutant(
        "process-key-not-reported",
        "a replayed creation is not marked as replayed",
        (CREATED, PTY_CREATED),
        responses(in_json(without("is_cached")), CREATE_EXEC, CREATE_PTY),
    ),
    Mutant(
        "process-key-201",
        "a replayed creation gets 201",
        (CREATED, PTY_CREATED),
        responses(status(201, of=200), CREATE_EXEC, CREATE_PTY),
    ),
    Mutant(
        "exec-key-any-command",
        "a key matches another command",
        (CREATED,),
        like_the_first("command", KEY, CREATE_EXEC),
    ),
    Mutant(
        "process-key-any-cwd",
        "a key matches another directory",
        (CREATED, PTY_CREATED),
        like_the_first("cwd", KEY, CREATE_EXEC, CREATE_PTY),
    ),
    Mutant(
        "exec-key-any-env",
        "a key matches other environment variables",
        (CREATED,),
        like_the_first("env", KEY, CREATE_EXEC),
    ),
    Mutant(
        "exec-key-any-detached",
        "a key matches a detached exec too",
        (CREATED,),
        like_the_first("detached", KEY, CREATE_EXEC),
    ),
    Mutant(
        "pty-key-any-cols",
        "a key matches another number of columns",
        (PTY_CREATED,),
        like_the_first("cols", KEY, CREATE_PTY),
    ),
    Mutant(
        "pty-key-any-rows",
        "a key matches another number of rows",
        (PTY_CREATED,),
        like_the_first("rows", KEY, CREATE_PTY),
    ),
    Mutant(
        "pty-key-ignored",
        "the idempotency key of a PTY is ignored",
        (PTY_CREATED,),
        field_ignored("idempotency_key", operations=[CREATE_PTY]),
    ),
    Mutant(
        "process-key-mismatch-codeless",
        "the key mismatch error has no code",
        (CREATED, PTY_CREATED),
        responses(
            when(refusal("idempotency_fingerprint_mismatch"), in_json(without("code"), statuses=(409,))),
            CREATE_EXEC,
            CREATE_PTY,
        ),
    ),
    # --- one writer --------------------------------------------------------------------------------
    Mutant(
        "several-writers",
        "a second exec or PTY is created while one is active",
        (ONE_WRITER, CREATED),
        silenced(f"{PROCESSES}.refuse_second_writer"),
    ),
    Mutant(
        "writer-codeless",
        "the error for a second writer has no code",
        (ONE_WRITER,),
        responses(
            when(refusal("workspace_writer_active"), in_json(without("code"), statuses=(409,))),
            CREATE_EXEC,
            CREATE_PTY,
        ),
    ),
    # --- lists -------------------------------------------------------------------------------------
    Mutant(
        "execs-oldest-first",
        "execs are listed oldest first",
        (LISTED,),
        responses(in_json(as_("execs", backwards)), LIST_EXECS),
    ),
    Mutant(
        "execs-limit", "the limit of a list of execs is ignored", (LISTED,), limit_ignored(200, LIST_EXECS)
    ),
    Mutant(
        "execs-state",
        "the state filter of a list of execs is ignored",
        (LISTED,),
        param_ignored("state", LIST_EXECS, valid=EXEC_STATES),
    ),
    Mutant(
        "execs-any-state",
        "an unknown state lists all execs",
        (LISTED,),
        requests(param("state", _only_states(EXEC_STATES)), LIST_EXECS),
    ),
    Mutant(
        "processes-201",
        "a limit of 201 is accepted",
        (LISTED, PTY_LISTED),
        requests(param("limit", lambda text: "200" if text == "201" else text), LIST_EXECS, LIST_PTYS),
    ),
    Mutant(
        "execs-state-first",
        "the state is validated before the limit",
        (LISTED,),
        responses(_other_state_first, LIST_EXECS),
    ),
    Mutant(
        "execs-with-cursor",
        "a list of execs has a cursor",
        (LISTED,),
        responses(in_json(added("next_cursor", "1")), LIST_EXECS),
    ),
    Mutant(
        "exec-id-404",
        "an id that is not a UUID gets 404",
        (LISTED,),
        responses(
            when(refusal(error="exec_id must be"), fails_as(404, "workspace exec not found")),
            GET_EXEC,
            STDIN,
            STDOUT,
        ),
    ),
    Mutant(
        "exec-missing-words",
        "an unknown exec gets `exec not found`",
        (LISTED,),
        responses(when(refusal(error="workspace exec not found"), fails_as(404, "exec not found")), GET_EXEC),
    ),
    Mutant(
        "ptys-oldest-first",
        "PTYs are listed oldest first",
        (PTY_LISTED,),
        responses(in_json(as_("ptys", backwards)), LIST_PTYS),
    ),
    Mutant("ptys-limit", "the limit of PTYs is ignored", (PTY_LISTED,), limit_ignored(200, LIST_PTYS)),
    Mutant(
        "ptys-state",
        "the state filter of PTYs is ignored",
        (PTY_LISTED,),
        param_ignored("state", LIST_PTYS, valid=PTY_STATE_NAMES),
    ),
    Mutant(
        "ptys-any-state",
        "an unknown state lists all PTYs",
        (PTY_LISTED,),
        requests(param("state", _only_states(PTY_STATE_NAMES)), LIST_PTYS),
    ),
    Mutant(
        "exec-create-by-reader",
        "a key that can read execs can create them",
        (PERMISSIONS,),
        as_admin(refusal(error="permission is required"), CREATE_EXEC),
    ),
    Mutant(
        "exec-read-by-manager",
        "a key that can manage execs can read them",
        (PERMISSIONS,),
        as_admin(refusal(error="permission is required"), GET_EXEC, STDOUT),
    ),
    Mutant(
        "pty-manage-by-reader",
        "a key that can read PTYs can write to them",
        (PERMISSIONS,),
        as_admin(refusal(error="permission is required"), INPUT, RESIZE, CLOSE),
    ),
    # --- input -------------------------------------------------------------------------------------
    Mutant(
        "stdin-stored-again",
        "the same bytes at the same offset are stored again",
        (WRITTEN,),
        _stored_again(STDIN, "exec", "stdin_cursor"),
    ),
    Mutant(
        "pty-typed-again",
        "the same PTY input at the same offset is sent again",
        (PTY_WRITTEN,),
        _stored_again(INPUT, "pty", "input_cursor"),
    ),
    Mutant(
        "input-not-repeatable",
        "repeated input gets a conflict",
        (WRITTEN, PTY_WRITTEN),
        _edited_when_repeated(
            lambda response: response.status == 200,
            fails_as(409, "workspace_stream_offset_conflict", "workspace_stream_offset_conflict"),
            *WRITES,
        ),
    ),
    Mutant("stdin-gaps", "input beyond the cursor is written at the cursor", (WRITTEN,), _gap_filled()),
    Mutant(
        "stdin-other-bytes",
        "other bytes at a used offset are accepted",
        (WRITTEN, PTY_WRITTEN),
        responses(when(CONFLICT, becomes(200, CHUNK)), *WRITES),
    ),
    Mutant(
        "input-conflict-codeless",
        "the offset conflict has no code",
        (WRITTEN, PTY_WRITTEN),
        responses(when(CONFLICT, in_json(without("code"), statuses=(409,))), *WRITES),
    ),
    Mutant(
        "input-negative-offset",
        "a negative offset is treated as 0",
        (WRITTEN, PTY_WRITTEN),
        _field("offset", lambda at: max(at, 0) if isinstance(at, int) else at, *WRITES),
    ),
    Mutant(
        "input-empty",
        "empty input is accepted",
        (WRITTEN, PTY_WRITTEN),
        responses(when(refusal(error="data is required"), becomes(200, CHUNK)), *WRITES),
    ),
    Mutant(
        "input-too-large",
        "input of any length is accepted",
        (WRITTEN, PTY_WRITTEN),
        responses(when(refusal(error="exceeds max"), becomes(200, CHUNK)), *WRITES),
    ),
    Mutant(
        "input-too-large-400",
        "input that is too long gets 400",
        (WRITTEN, PTY_WRITTEN),
        responses(status(400, of=413), *WRITES),
    ),
    Mutant(
        "input-line-breaks",
        "line breaks in base64 are rejected",
        (WRITTEN,),
        _field("data", lambda data: "!" if isinstance(data, str) and "\n" in data else data, STDIN),
    ),
    Mutant(
        "input-no-base64",
        "invalid base64 is accepted",
        (BODIES, WRITTEN),
        responses(when(refusal(error="illegal base64"), becomes(200, CHUNK)), *WRITES),
    ),
    Mutant(
        "stdin-after-close",
        "closed input accepts more data",
        (WRITTEN,),
        responses(when(refusal("workspace_exec_stdin_closed"), becomes(200, CHUNK)), STDIN),
    ),
    Mutant(
        "stdin-ended-is-closed",
        "input to an ended exec gets an error about closed input",
        (WRITTEN,),
        responses(
            when(
                refusal("workspace_exec_terminal"),
                fails_as(409, "workspace_exec_stdin_closed", "workspace_exec_stdin_closed"),
            ),
            STDIN,
        ),
    ),
    Mutant(
        "stdin-chunk-input",
        "a stdin chunk has the stream `input`",
        (WRITTEN,),
        responses(in_json(as_("stream", lambda _: "input")), STDIN),
    ),
    Mutant(
        "chunk-timeless",
        "a chunk has no observed_at",
        (WRITTEN, PTY_WRITTEN),
        responses(in_json(without("observed_at")), *WRITES),
    ),
    Mutant(
        "input-lost",
        "input does not reach the program",
        (STATES, WRITTEN),
        replaced(f"{PROCESS}.write", _of_nothing),
    ),
    Mutant(
        "stdin-close-once",
        "a second close gets a conflict",
        (CLOSED,),
        _second_is(409, "workspace_exec_terminal", CLOSE_STDIN),
    ),
    Mutant(
        "stdin-close-moves",
        "a repeated close changes the time",
        (CLOSED,),
        responses(_closed_now, CLOSE_STDIN),
    ),
    Mutant(
        "stdin-close-reads",
        "a close requires a JSON body",
        (CLOSED,),
        handled(_json_demanded, CLOSE_STDIN),
    ),
    Mutant(
        "stdin-close-ended", "the input of an exec that has ended can be closed", (CLOSED,), _closed_anyway()
    ),
    # --- output ------------------------------------------------------------------------------------
    Mutant("output-cut", "the first chunk is truncated at the cursor", (PAGES,), responses(_cut, *OUTPUTS)),
    Mutant(
        "output-inclusive",
        "the chunk that ends at the cursor is repeated",
        (PAGES, FOLLOWED),
        requests(param("cursor", whole(1, 10**6, _one_before)), *OUTPUTS),
    ),
    Mutant(
        "output-limit", "the limit of a page of output is ignored", (PAGES,), limit_ignored(500, *OUTPUTS)
    ),
    Mutant(
        "output-header-ignored",
        "a page of output ignores Last-Event-ID",
        (PAGES,),
        requests(_no_header_in_pages, *OUTPUTS),
    ),
    Mutant(
        "output-header-wins",
        "Last-Event-ID takes precedence over the cursor",
        (PAGES, FOLLOWED),
        requests(_header_first, *OUTPUTS),
    ),
    Mutant(
        "output-any-cursor",
        "an invalid cursor is ignored",
        (PAGES,),
        requests(param("cursor", _numbers_only), *OUTPUTS),
    ),
    Mutant(
        "output-limit-first",
        "the limit is validated before the cursor",
        (PAGES,),
        responses(_limit_first, *OUTPUTS),
    ),
    Mutant(
        "output-501",
        "a limit of 501 is accepted",
        (PAGES, PTY_READ),
        requests(param("limit", lambda text: "500" if text == "501" else text), *OUTPUTS),
    ),
    Mutant(
        "output-follow-true",
        "`follow=true` starts a stream",
        (PAGES,),
        requests(param("follow", lambda text: "1" if text == "true" else text), *OUTPUTS),
    ),
    Mutant("output-expired-skips", "an expired cursor is silently advanced", (PAGES,), _from_the_earliest()),
    Mutant(
        "output-expired-404",
        "an expired cursor gets 404",
        (PAGES,),
        responses(status(404, of=410), *OUTPUTS),
    ),
    Mutant(
        "output-expired-codeless",
        "the error of an expired cursor has no code",
        (PAGES,),
        responses(
            when(refusal("workspace_stream_cursor_expired"), in_json(without("code"), statuses=(410,))),
            *OUTPUTS,
        ),
    ),
    Mutant(
        "output-expired-wrong",
        "the earliest cursor is one too high",
        (PAGES,),
        responses(_wrong_cursor, *OUTPUTS),
    ),
    Mutant("output-kept-for-ever", "no output is dropped", (PAGES,), settings(retained_output=1 << 40)),
    Mutant(
        "output-dropped-early",
        "only half as much output is stored",
        (PAGES,),
        settings(retained_output=1 << 20),
    ),
    Mutant(
        "stderr-is-stdout",
        "stderr returns stdout",
        (PAGES,),
        requests(_stderr_is_stdout, STDERR),
    ),
    # --- event streams -----------------------------------------------------------------------------
    Mutant("stream-endless", "a stream has no final frame", (FOLLOWED,), last_frame(lambda _: [])),
    Mutant(
        "stream-ends-twice",
        "a stream has two final frames",
        (FOLLOWED,),
        last_frame(lambda frame: [frame, frame]),
    ),
    Mutant(
        "stream-end-lost",
        "every final frame reports a loss",
        (FOLLOWED,),
        last_frame(lambda frame: [(frame[0], "workspace_stream_lost", frame[2])]),
    ),
    Mutant(
        "stream-end-errorless",
        "a final frame without an error has no error field",
        (FOLLOWED,),
        said_last(without("error")),
    ),
    Mutant(
        "stream-end-zero",
        "the cursor of the final frame is 0",
        (FOLLOWED,),
        said_last(lambda end: {**end, "cursor": 0}),
    ),
    Mutant(
        "stream-end-running",
        "the final frame has the state running",
        (FOLLOWED,),
        said_last(lambda end: {**end, "state": "running"}),
    ),
    Mutant(
        "stream-end-exec",
        "the final frame of a PTY is that of an exec",
        (PTY_READ, FOLLOWED),
        said_last(lambda end: {**end, "resource_kind": "workspace_exec"}),
    ),
    Mutant(
        "stream-end-stdout",
        "the final frame names stdout",
        (FOLLOWED,),
        said_last(lambda end: {**end, "stream": "stdout"}),
    ),
    Mutant("stream-id-start", "the id of a frame is its start offset", (FOLLOWED,), each_frame(_id_is_start)),
    Mutant(
        "stream-chunk-id",
        "a chunk of a stream has no id",
        (FOLLOWED,),
        _chunk_frames_without("id"),
    ),
    Mutant(
        "stream-limit",
        "a stream ends after the limit of chunks",
        (FOLLOWED,),
        responses(_limit_enforced, *OUTPUTS),
    ),
    Mutant(
        "stream-silent", "a silent stream has no comments", (FOLLOWED,), responses(_no_comments, *OUTPUTS)
    ),
    Mutant("stream-late", "output is only sent at the end", (FOLLOWED,), _held_back()),
    Mutant(
        "stream-charset",
        "the content type of a stream has a charset",
        (FOLLOWED,),
        responses(
            when(
                lambda response: response.streaming,
                header("content-type", "text/event-stream; charset=utf-8"),
            ),
            *OUTPUTS,
        ),
    ),
    # --- how they run and end ----------------------------------------------------------------------
    Mutant("exec-exit-code", "the exit code is not shown", (STATES,), _exec(without("exit_code"))),
    Mutant(
        "exec-exit-code-0",
        "every exit code is 0",
        (STATES,),
        _exec(lambda shown: {**shown, "exit_code": 0} if "exit_code" in shown else shown),
    ),
    Mutant("exec-signal", "a signal is not shown", (STATES,), _exec(without("signal"))),
    Mutant(
        "exec-failed-exited",
        "a command that cannot run exits with 127",
        (STATES,),
        _exec(_state("failed", state="exited", exit_code=127)),
    ),
    Mutant(
        "exec-failed-silently",
        "a command that cannot run has no error",
        (STATES,),
        _exec(_state("failed", error={})),
    ),
    Mutant(
        "exec-stopped-exited",
        "an exec ended by a stop has the state exited",
        (STATES,),
        _exec(_state("terminated", state="exited")),
    ),
    Mutant(
        "exec-stopped-silently",
        "an exec ended by a stop has no error",
        (STATES,),
        _exec(_state("terminated", error={})),
    ),
    Mutant(
        "exec-has-the-servers-key",
        "a command sees a variable of the server",
        (STATES,),
        replaced("helmr_local.processes.environment:minimal_environment", _with_key_of_the_server),
    ),
    Mutant(
        "exec-by-a-shell",
        "the command is run by a shell",
        (STATES,),
        requests(in_body(_by_a_shell), CREATE_EXEC),
    ),
    Mutant(
        "exec-cwd-ignored",
        "a command ignores its directory",
        (STATES,),
        silenced(f"{PROCESSES}.below_mount", "."),
    ),
    Mutant(
        "exec-clean",
        "a command does not mark its workspace as changed",
        (STATES, "workspaces.md 3.1"),
        silenced("helmr_local.resources.workspaces:Workspaces.mark_dirty"),
    ),
    # --- PTYs --------------------------------------------------------------------------------------
    Mutant(
        "pty-created-200", "a new PTY gets 200", (PTY_CREATED,), responses(status(200, of=201), CREATE_PTY)
    ),
    Mutant("pty-default", "a PTY has 81 columns", (PTY_CREATED,), requests(in_body(_wide), CREATE_PTY)),
    Mutant(
        "pty-501",
        "a size above 500 is reduced to 500",
        (PTY_CREATED, PTY_RESIZED),
        requests(in_body(_at_most_500), CREATE_PTY, RESIZE),
    ),
    Mutant(
        "pty-zero",
        "a size of 0 is rejected",
        (PTY_CREATED,),
        requests(in_body(_positive_only), CREATE_PTY, RESIZE),
    ),
    Mutant(
        "pty-swapped", "rows and columns are swapped", (PTY_CREATED,), requests(in_body(_swapped), CREATE_PTY)
    ),
    Mutant(
        "pty-unknown-fields",
        "unknown fields of a PTY are ignored",
        (BODIES, PTY_CREATED),
        requests(in_body(_known_fields("cwd", "cols", "rows", "idempotency_key")), CREATE_PTY, RESIZE),
    ),
    Mutant(
        "pty-ended-not-open",
        "an ended PTY gets the error for one that is not open",
        (PTY_WRITTEN, PTY_STATES),
        responses(
            when(
                refusal("workspace_pty_terminal"),
                fails_as(409, "workspace_pty_not_open", "workspace_pty_not_open"),
            ),
            INPUT,
        ),
    ),
    Mutant(
        "pty-resized-at-once",
        "a resize returns the new size immediately",
        (PTY_RESIZED,),
        responses(_resized_at_once, RESIZE),
    ),
    Mutant(
        "pty-not-resized",
        "programs are not notified of a resize",
        (PTY_RESIZED,),
        silenced(f"{PROCESS}.resize"),
    ),
    Mutant(
        "pty-size-old",
        "a PTY always shows 80 columns",
        (PTY_RESIZED,),
        responses(in_json(as_("pty.cols", lambda _: 80)), GET_PTY),
    ),
    Mutant(
        "pty-closed-at-once",
        "closing returns the state `closed`",
        (PTY_CLOSED,),
        responses(in_json(as_("pty.state", lambda _: "closed")), CLOSE),
    ),
    Mutant(
        "pty-close-codeless",
        "the conflict for a second close has no code",
        (PTY_CLOSED, PTY_STATES),
        responses(when(refusal("workspace_pty_not_open"), in_json(without("code"), statuses=(409,))), CLOSE),
    ),
    Mutant(
        "pty-stopped-lost",
        "a PTY closed by a stop has the state lost",
        (PTY_STATES,),
        responses(
            in_json(as_("pty", lambda shown: {**shown, "state": "lost"} if shown["error"] else shown)),
            GET_PTY,
        ),
    ),
    Mutant(
        "pty-without-process",
        "an open PTY does not show its process",
        (PTY_STATES,),
        responses(in_json(without("pty.process_id")), GET_PTY),
    ),
    Mutant(
        "pty-not-counted",
        "the input cursor of a PTY does not move",
        (PTY_WRITTEN,),
        responses(in_json(as_("pty.input_cursor", lambda _: 0)), GET_PTY),
    ),
]
