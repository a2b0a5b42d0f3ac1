# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Environments that tasks and workspaces run in, as the current deployment declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import Sender

if TYPE_CHECKING:
    from ...models.sandbox import Sandbox
    from ...paging import Pager


class Sandboxes:
    """Environments that tasks and workspaces run in, as the current deployment declares them.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    __module__ = "helmr"

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(
        self,
    ) -> Pager[Sandbox]:
        """List sandboxes.

        Lists the sandboxes of the environment's current deployment, ordered by `sandbox_id`; an empty list
        when there is no current deployment. Needs the permission `runs.read`, `tasks.deploy` or any
        permission for workspaces.

        Returns:
            Ordered by `sandbox_id`.
        """
        from ...api.sandboxes import list_sandboxes
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_sandboxes.request(),
            lambda page: page.sandboxes,
        )

    def retrieve(self, sandbox_id: str, /) -> Sandbox:
        """Get a sandbox.

        Returns one sandbox of the environment's current deployment. Needs the permission `runs.read`,
        `tasks.deploy` or any permission for workspaces.

        Args:
            sandbox_id: The name under which the sandbox is declared, not its UUID. Any name is looked
                up; one that is not declared is a 404.
        """
        from ...api.sandboxes import get_sandbox

        return self._sender.send(get_sandbox.request(sandbox_id))
