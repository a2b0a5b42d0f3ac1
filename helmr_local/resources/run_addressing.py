"""Finds the run that a request names."""

from __future__ import annotations

from ..engine.rows import RunRow
from ..errors import run_not_found
from ..http.request import Request
from ..store import Database
from .validation import check_uuid


def run_id_of(request: Request) -> str:
    """Return the id in the path.

    Raises:
        ApiError: 400 if it is not a UUID.
    """
    return check_uuid(request.parameters["run_id"], "id")


def addressed_run(db: Database, request: Request, run_id: str) -> RunRow:
    """Return the run, if it is in the key's environment.

    Raises:
        ApiError: 404, checked before 403.
    """
    run = db.one("SELECT * FROM runs WHERE id = ?", (run_id,), row=RunRow)
    if run is None or run["environment_id"] != request.environment_id:
        raise run_not_found()
    request.authorize()
    return run
