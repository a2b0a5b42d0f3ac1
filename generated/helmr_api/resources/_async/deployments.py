# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Versions of the code that declares tasks and sandboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import AsyncSender, File, HasId, id_of

if TYPE_CHECKING:
    from ...models.deployment import Deployment
    from ...models.deployment_metadata import DeploymentMetadata
    from ...paging import AsyncPager
    from .deployments_events import AsyncDeploymentsEvents


class AsyncDeployments:
    """Versions of the code that declares tasks and sandboxes.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    @property
    def events(self) -> AsyncDeploymentsEvents:
        """The history of a deployment."""
        from .deployments_events import AsyncDeploymentsEvents

        return AsyncDeploymentsEvents(self._sender)

    def list(self, *, limit: int | None = None) -> AsyncPager[Deployment]:
        """List deployments.

        Lists the environment's deployments, newest first (`created_at`, then `id`, both descending).
        `tasks` is always empty here. There is no cursor, so only the newest `limit` deployments can be
        seen. Needs the permission `tasks.deploy` or `runs.read`.

        Args:
            limit: The maximum number to return. Blank is the default.

        Returns:
            Newest first, at most `limit`.
        """
        from ...api.deployments import list_deployments
        from ...paging import AsyncPager

        return AsyncPager(
            self._sender,
            lambda at: list_deployments.request(limit=limit),
            lambda page: page.deployments,
            most=limit or 50,
        )

    async def create(self, *, metadata: DeploymentMetadata, deployment_source: File) -> Deployment:
        """Upload a deployment.

        Uploads the source of a deployment, which a worker then builds. The parts must come in this order:
        `metadata`, at most 1048576 bytes, then `deployment_source`; parts with other names after `metadata`
        are skipped. The whole request must arrive within 30 seconds.

        When a deployment with the same `content_hash` is `queued` or `building` in this environment, that
        one is returned, also with status 201. One that is `deployed` or `failed` is not reused. A built
        deployment is not used until it is promoted (`promoteDeployment`). Needs the permission
        `tasks.deploy`.

        Order of checks: form, metadata, versions, scope, permission, `deployment_source`, archive,
        `content_hash`.

        Args:
            metadata
            deployment_source
        """
        from ...api.deployments import create_deployment
        from ...models.deployment_create_request import DeploymentCreateRequest

        body = DeploymentCreateRequest(metadata=metadata, deployment_source=deployment_source)
        return await self._sender.send(create_deployment.request(body=body))

    async def current(
        self,
    ) -> Deployment | None:
        """Get the current deployment.

        Returns the most recently promoted deployment of this environment, with its tasks, or null if there
        is none. Its tasks, sandboxes and queues are those that new sessions, schedules and workspaces use.
        Needs the permission `runs.read`.

        Returns:
            The deployment with its tasks; null if none has been promoted.
        """
        from ...api.deployments import get_current_deployment

        return (await self._sender.send(get_current_deployment.request())).deployment

    async def retrieve(self, deployment: str | HasId, /) -> Deployment:
        """Get a deployment.

        Returns a deployment; its tasks only when it is `deployed`. Versions are not accepted here. Needs
        the permission `tasks.deploy` or `runs.read`. Order of checks: `deployment_id`, scope, permission,
        deployment.

        Args:
            deployment: The deployment's id. Other spellings of a UUID are accepted too.
        """
        from ...api.deployments import get_deployment

        return await self._sender.send(get_deployment.request(id_of(deployment, "deployment")))

    async def promote(self, deployment: str | HasId, /, *, reason: str | None = None) -> Deployment:
        """Promote a deployment.

        Makes a deployment that is `deployed` the current one of the environment. Its tasks, sandboxes and
        queues are used by new sessions, schedules and workspaces from then on; existing ones keep their
        deployment. In the same step the declarative schedules of the environment are created, changed or
        removed to match the deployment. Promoting the current deployment again succeeds. Needs the
        permission `tasks.deploy`.

        Order of checks: body, scope, deployment, permission, its status. A key without the permission can
        therefore distinguish an existing deployment from a missing one.

        Args:
            deployment: The deployment's id or its version.
            reason: Recorded, but not returned.
        """
        from ...api.deployments import promote_deployment
        from ...models.promotion_request import PromotionRequest

        body = PromotionRequest(reason=reason)
        return await self._sender.send(promote_deployment.request(id_of(deployment, "deployment"), body=body))
