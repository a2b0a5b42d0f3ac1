"""The four changes of docs/guides/regenerating.md, as edits of the source of openapi.yaml."""

from __future__ import annotations

import re


def new_field(text: str) -> str:
    """Add the optional response field `Run.started_at`."""
    field = (
        "        started_at: { type: string, format: date-time, description: When it was first started. }\n"
    )
    return _insert(text, "    Run:\n", "      properties:\n", field)


def new_operation(text: str) -> str:
    """Add the operation `listQueues` with its own schema."""
    path = """\
  /api/queues:
    parameters:
      - $ref: '#/components/parameters/ApiVersion'
    get:
      operationId: listQueues
      tags: [Tasks]
      x-sdk-resource: tasks
      x-sdk-method: queues
      x-sdk-items: queues
      x-permissions: [runs.read]
      x-pagination: { returns: all }
      summary: List the queues
      description: Lists the queues that the current deployment declares. Needs the permission `runs.read`.
      responses:
        '200': { $ref: '#/components/responses/QueueList' }
        '400': { $ref: '#/components/responses/ListBadRequest' }
        '401': { $ref: '#/components/responses/Unauthorized' }
        '403': { $ref: '#/components/responses/Forbidden' }
        '500': { $ref: '#/components/responses/InternalError' }
        '503': { $ref: '#/components/responses/AuthenticationUnavailable' }

"""
    response = """\
    QueueList:
      description: The queues.
      headers:
        Helmr-API-Version: { $ref: '#/components/headers/ApiVersion' }
      content:
        application/json:
          schema: { $ref: '#/components/schemas/QueueList' }
          examples:
            queues:
              summary: One queue
              value: { queues: [reviews] }

"""
    schema = """\
    QueueList:
      type: object
      description: The queues of the current deployment.
      required: [queues]
      properties:
        queues:
          type: array
          description: Their names, sorted.
          items: { type: string }

"""
    text = _insert(text, "paths:\n", "", path)
    text = _insert(text, "  schemas:\n", "", schema)
    return _insert(text, "  responses:\n", "", response)


def new_enum_value(text: str) -> str:
    """Add the run status `paused`."""
    line = "        - `paused`: held back by an operator; it goes on when it is released\n"
    text = _insert(text, "    RunStatus:\n", "      description: |\n", line)
    start = text.index("    RunStatus:\n")
    end = text.index("]", text.index("      enum: [", start))
    return f"{text[:end]}, paused{text[end:]}"


def removed_field(text: str) -> str:
    """Remove `cli_version` from runs."""
    start = text.index("    Run:\n")
    field = re.compile(r"        cli_version:\n(?:          .*\n)+").search(text, start)
    assert field is not None
    return text[: field.start()] + text[field.end() :]


def _insert(text: str, section: str, line: str, added: str) -> str:
    """Insert `added` after the first `line` of a section."""
    start = text.index(f"\n{section}") + 1 + len(section)
    place = text.index(f"\n{line}", start - 1) + 1 + len(line) if line else start
    return text[:place] + added + text[place:]
