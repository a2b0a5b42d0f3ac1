'''One file per resource of the API: its handlers, rules, SQL, views and housekeeping.

To add a resource, add one file here and its operations to `openapi.yaml`. Nothing else refers to it:
`pkgutil` finds the modules of this package, and each module's subclasses of `Resource` are its resources. A
complete small example:

    """`/api/secrets`."""

    from __future__ import annotations

    from collections.abc import Iterable, Mapping

    from ..engine.context import Context
    from ..errors import ApiError
    from ..http.request import Request, refuse_scope
    from ..http.response import Response, json_response
    from .base import Resource, handles

    class Secrets(Resource):
        """The secrets of an environment."""

        SCHEMA = """
        CREATE TABLE IF NOT EXISTS secrets (
          environment_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
          PRIMARY KEY (environment_id, name)
        ) WITHOUT ROWID;
        """

        def __init__(self, context: Context) -> None:
            super().__init__(context)
            context.secrets.provide(self.values)  # for starts, for the worker and for `ctx.secrets`

        @handles("setSecret")
        async def set_secret(self, request: Request) -> Response:
            fields = await request.body("invalid secret JSON")  # decoded by the document's schema
            refuse_scope(fields)
            request.authorize()
            request.check_schema(fields)  # everything else that the schema refuses
            await self.writes.run(lambda: self._set(request.environment_id, fields))
            return json_response(200, ...)

        def values(self, environment_id: str, names: Iterable[str]) -> Mapping[str, str]: ...

A resource consists of:

- **Handlers**, marked with `@handles(operation_id, ...)`. Path, method, whether an API key is needed
  (`security`), CORS (an `options` operation at the path) and the project-scoped counterpart come from the
  document, as do the fields, types and strictness of request bodies (`Request.body`). An operation without a
  handler, or a handler without an operation, keeps the server from starting.
- **Permissions**: `request.authorize()`, called where the contract's order of checks requires it. The
  document defines the permissions (`x-permissions`) and the scopes that keys can have.
- **Query**: `request.query`, and `request.integer("limit")` with the document's default and limits.
- **Errors**: raise `ApiError`, or one of the functions of `helmr_local.errors`.
- **State**: read directly with `self.db`. Pass changes as a function to `self.writes.run`, so that they are
  durable before the response; inside it, `self.db.transaction()` groups several statements. Update memory in
  `self.db.after_commit`, and revert such updates in `self.db.undo`.
- **Tables**: `SCHEMA`, statements that each begin with `CREATE ... IF NOT EXISTS`, run whenever a database
  is opened. A new table needs nothing else; a changed table needs a new `SCHEMA_VERSION` in `store.database`.
- **Housekeeping**: `startup` (recovers what an earlier server left behind), `sweep` (every five seconds, and
  on request of a test), `chores` (each at its own interval), `next_due` (when these next have work, for
  simulated clocks), `shutdown`.
- **Other resources**: name them in the constructor, `def __init__(self, context, runs: Runs)`, and they are
  passed in, as is the engine's `Waits`. Imports between resources point one way; in the other direction, use
  a signal (`helmr_local.engine.signals`), such as `context.signals.session_starting`, whose listeners can
  refuse a start.

`validation` contains the rules for fields that several resources share.
'''
