'''One file per resource of the API: its handlers, rules, SQL, views and housekeeping.

A new resource is one new file here, and its operations in `openapi.yaml`. Nothing else names it: the
modules of this package are found by `pkgutil`, and in each of them the subclasses of `Resource`. The whole
of a small one:

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
            fields = await request.body("invalid secret JSON")  # decoded as the document's schema says
            refuse_scope(fields)
            request.authorize()
            request.check_schema(fields)  # what else the schema refuses
            await self.writes.run(lambda: self._set(request.environment_id, fields))
            return json_response(200, ...)

        def values(self, environment_id: str, names: Iterable[str]) -> Mapping[str, str]: ...

What a resource has:

- **Handlers**, marked with `@handles(operation_id, ...)`. Path, method, whether an API key is needed
  (`security`), CORS (an `options` operation at the path) and the twin below a project's path come from the
  document, as do the fields, types and strictness of request bodies (`Request.body`). An operation without
  a handler, or a handler without an operation, keeps the server from starting.
- **Permissions**: `request.authorize()`, where the contract's order of checks has it. The document says which
  (`x-permissions`), and which scopes keys can have.
- **Query**: `request.query`, and `request.integer("limit")` with the document's default and limits.
- **Errors**: raise `ApiError`, or one of the functions of `helmr_local.errors`.
- **State**: `self.db` reads at once. Changes are a function given to `self.writes.run`, so that they are
  durable before the response; inside it, `self.db.transaction()` makes several statements one. What changes
  memory follows in `self.db.after_commit`, and is taken back in `self.db.undo`.
- **Tables**: `SCHEMA`, statements that each begin with `CREATE ... IF NOT EXISTS`, run whenever a database
  is opened. A new table needs nothing more; a changed one needs a new `SCHEMA_VERSION` in `store.database`.
- **Housekeeping**: `startup` (what an earlier server left behind), `sweep` (every five seconds, and when a
  test asks for it), `chores` (at a pace of its own), `next_due` (when these have something to do, for a clock
  that a test moves), `shutdown`.
- **Other resources**: name them in the constructor, `def __init__(self, context, runs: Runs)`, and they are
  passed in, as is the engine's `Waits`. Imports between resources point one way; what must go the other way
  is a signal (`helmr_local.engine.signals`), such as `context.signals.session_starting`, whose listeners
  can refuse a start.

`validation` holds the rules of fields that several resources have.
'''
