"""Routes for users who sign in. There are no users here, so each of these routes refuses every caller."""

from __future__ import annotations

from collections.abc import Sequence

from ..document import Route
from ..errors import ApiError
from .request import Endpoint, Request, bearer
from .response import Reply

LOGIN_ROUTE = "loginRoute"
SCOPE = "/api/projects/{project_id}/environments/{environment_id}"
# Operations for API keys without a counterpart below a project's path.
_WITHOUT_TWIN = frozenset({"createPublicAccessToken"})
_OTHERS = ("/api/me", "/api/projects", "/api/projects/{project_id}", SCOPE)


async def refuse(request: Request) -> Reply:
    """Refuse every request: an API key is not a sign-in session, and there are no cookies here."""
    if bearer(request.headers) is None:
        raise ApiError(401, "authentication is required")
    raise ApiError(401, "session authentication is required")


ENDPOINT = Endpoint(refuse)


def login_routes(routes: Sequence[Route]) -> list[Route]:
    """Return the project-scoped counterparts of operations that take an API key, and a few other routes."""
    twins = [
        Route(route.method, SCOPE + route.path.removeprefix("/api"), LOGIN_ROUTE, public=True)
        for route in routes
        if not route.public and route.operation_id not in _WITHOUT_TWIN
    ]
    return [*twins, *(Route("GET", path, LOGIN_ROUTE, public=True) for path in _OTHERS)]
