"""The routes of users who sign in. There are no users here: each of these routes refuses every caller."""

from __future__ import annotations

from collections.abc import Sequence

from ..document import Route
from ..errors import ApiError
from .request import Endpoint, Request, bearer
from .response import Reply

LOGIN_ROUTE = "loginRoute"
SCOPE = "/api/projects/{project_id}/environments/{environment_id}"
# Operations of API keys without a twin below a project's path.
_WITHOUT_TWIN = frozenset({"createPublicAccessToken"})
_OTHERS = ("/api/me", "/api/projects", "/api/projects/{project_id}", SCOPE)


async def refuse(request: Request) -> Reply:
    """Refuse every request: an API key is not a login, and there are no cookies here."""
    if bearer(request.headers) is None:
        raise ApiError(401, "authentication is required")
    raise ApiError(401, "session authentication is required")


ENDPOINT = Endpoint(refuse)


def login_routes(routes: Sequence[Route]) -> list[Route]:
    """The twin of each operation that takes an API key, below a project and environment, and a few others."""
    twins = [
        Route(route.method, SCOPE + route.path.removeprefix("/api"), LOGIN_ROUTE, public=True)
        for route in routes
        if not route.public and route.operation_id not in _WITHOUT_TWIN
    ]
    return [*twins, *(Route("GET", path, LOGIN_ROUTE, public=True) for path in _OTHERS)]
