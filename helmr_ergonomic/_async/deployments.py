"""Deployments over HTTP: uploading one, and following its build."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from helmr_api.constants import DEPLOYMENT_END_EVENT_KINDS, TERMINAL_DEPLOYMENT_STATUSES
from helmr_api.resources import AsyncDeployments as Generated
from helmr_api.resources import AsyncDeploymentsEvents as GeneratedEvents
from helmr_api.types import HasId, id_of

from .._public import public
from .._validation import cursor_number
from ..errors import HelmrError, HelmrTimeoutError
from ..raw import parsed_object
from ..reconnect import BadFrames, heed, reconnecting
from ..uploads import Source, read_archive
from ..waiting import NEVER, Looks, Pause, Silence
from .concurrency import in_thread
from .timing import sleep

if TYPE_CHECKING:
    from helmr_api.models import Deployment, DeploymentEvent
    from helmr_api.types import HasId

    from .transport import AsyncTransport

FIRST_SILENCE: Final = 4.0
"""Seconds that the first stream may bring nothing, before the deployment itself is read."""


class AsyncDeploymentEvents(GeneratedEvents):
    """What happened to a deployment: `deployments.events`."""

    def __init__(self, transport: AsyncTransport) -> None:
        super().__init__(transport)
        self._transport = transport

    async def follow(
        self, deployment: str | HasId, /, *, cursor: str | int | None = None
    ) -> AsyncGenerator[DeploymentEvent, None]:
        """Yield the events as they come, each once, until the build has ended.

        Broken connections are opened again where they broke. Leaving the loop closes the connection, as does
        `aclose()`. Without a worker nothing ends the build: put a limit around the loop.

        Args:
            deployment: The deployment or its id.
            cursor: The id of the last event that is known; all events come when it is left out.

        Raises:
            NotFoundError: There is no such deployment.
            HelmrError: Any other error that is not transient.

        >>> async for event in deployments.events.follow(deployment):
        ...     print(event.kind, event.message)
        """
        from helmr_api.api.deployments import list_deployment_events
        from helmr_api.models import DeploymentEvent

        deployment_id = id_of(deployment, "deployment")
        at = cursor_number(cursor)
        silence, looks = Silence(first=FIRST_SILENCE), Looks()
        pause, bad = reconnecting(), BadFrames()
        # A stream from a cursor at or after the end stays open and silent: the deployment has to tell.
        listen = at == 0
        while True:
            works = False
            if listen:
                try:
                    stream = list_deployment_events.stream(deployment_id, cursor=at or None)
                    async with self._transport.frames(stream, silence.open()) as frames:
                        async for frame in frames:
                            works, is_news = True, False
                            if frame.data:
                                raw = bad.read(frame, "kind", "at")
                                if raw is None:
                                    works = False
                                    break
                                if is_news := int(raw["id"]) > at:
                                    at = int(raw["id"])
                                    yield parsed_object(DeploymentEvent.from_dict, raw)
                                    if raw["kind"] in DEPLOYMENT_END_EVENT_KINDS:
                                        return
                            if looks.are_due(brought_news=is_news) and await self._has_ended(
                                deployment_id, pause
                            ):
                                break
                except HelmrTimeoutError:
                    works = silence.quiet() or works
                except HelmrError as error:
                    heed(error, pause, NEVER)
            listen = True
            if await self._has_ended(deployment_id, pause):
                try:
                    async for event in self.list(deployment_id, cursor=at or None):
                        at = cursor_number(event.id)
                        yield event
                    return
                except HelmrError as error:
                    heed(error, pause, NEVER)
            if works:
                pause.reset()
            if pause.is_asked or not works:
                await sleep(pause.next())

    async def _has_ended(self, deployment_id: str, pause: Pause) -> bool:
        """Whether the build is known to have ended; when the server cannot be asked, `pause` heeds why."""
        from helmr_api.api.deployments import get_deployment

        try:
            found = await self._transport.send(get_deployment.request(deployment_id))
        except HelmrError as error:
            heed(error, pause, NEVER)
            return False
        return found.status in TERMINAL_DEPLOYMENT_STATUSES


class AsyncDeployments(Generated):
    """Versions of the code that declares tasks and sandboxes: `client.deployments`."""

    def __init__(self, transport: AsyncTransport) -> None:
        super().__init__(transport)
        self._transport = transport

    @property
    def events(self) -> AsyncDeploymentEvents:
        """The history of a deployment."""
        return AsyncDeploymentEvents(self._transport)

    async def create(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, source: Source, /, *, sdk_version: str | None = None, cli_version: str | None = None
    ) -> Deployment:
        """Upload the source of a deployment, which a worker then builds.

        It is not used until it is promoted. An archive that was uploaded already and is not built yet is the
        same deployment; otherwise each upload makes a new one, so that a failed request is not repeated.

        Args:
            source: A tar archive with relative paths: its bytes, the path of its file, or a file that is open
                for reading in binary mode. At most 100000 entries with 512 MiB of content, and 128 MiB as it
                is sent.
            sdk_version: The SDK that it was made with; this package and its version when left out.
            cli_version: The command-line client that uploads it.

        Returns:
            The deployment, `queued`.

        Raises:
            ArgumentError: The source cannot be read.
            BadRequestError: The server refuses the archive.
            HelmrError: Any other.

        >>> deployment = await deployments.create("deployment.tar")
        >>> async for event in deployments.events.follow(deployment):
        ...     print(event.kind, event.message)
        """
        from helmr_api.api.deployments import create_deployment
        from helmr_api.models import DeploymentCreateRequest, DeploymentMetadata
        from helmr_api.types import File

        archive = await in_thread(read_archive, source)
        metadata = DeploymentMetadata(
            content_hash=archive.content_hash, sdk_version=sdk_version, cli_version=cli_version
        )
        file = File(archive.content, name="deployment.tar")
        body = DeploymentCreateRequest(metadata=metadata, deployment_source=file)
        return await self._transport.send(create_deployment.request(body=body))


public(AsyncDeploymentEvents, AsyncDeployments)
