# Derived from helmr_ergonomic/_async/deployments.py. Edit that file, then run `make generate`.
"""Deployments over HTTP: uploading them and following their builds."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from helmr_api.constants import DEPLOYMENT_END_EVENT_KINDS, TERMINAL_DEPLOYMENT_STATUSES
from helmr_api.resources import Deployments as Generated
from helmr_api.resources import DeploymentsEvents as GeneratedEvents
from helmr_api.types import HasId

from .._public import public
from ..errors import HelmrError
from ..raw import parsed_object
from ..reconnect import RawEvent, prepare_retry
from ..uploads import Source, read_archive
from ..waiting import NEVER, Pause
from .concurrency import in_thread
from .event_follower import EventFollower
from .resource import Resource

if TYPE_CHECKING:
    from helmr_api.models import Deployment, DeploymentEvent
    from helmr_api.paging import Pager
    from helmr_api.types import EventStream

    from .transport import Transport


class DeploymentEvents(GeneratedEvents, EventFollower["DeploymentEvent", "Deployment"]):
    """The events of a deployment: `deployments.events`."""

    _subject = "deployment"
    _last = DEPLOYMENT_END_EVENT_KINDS

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport)
        self._transport = transport

    def follow(
        self, deployment: str | HasId, /, *, cursor: str | int | None = None
    ) -> Generator[DeploymentEvent, None, None]:
        """Yield the events as they arrive, each once, until the build has ended.

        If the connection breaks, it resumes where it left off. Leaving the loop or calling `close()` closes
        the connection. Without a worker the build never ends: put a time limit on the loop.

        Args:
            deployment: The deployment or its id.
            cursor: The id of the last event you have seen; by default all events are returned.

        Raises:
            NotFoundError: There is no such deployment.
            HelmrError: Any other error that is not transient.

        >>> for event in deployments.events.follow(deployment):
        ...     print(event.kind, event.message)
        """
        return self._follow(deployment, cursor)

    def _stream(self, subject_id: str, cursor: int) -> EventStream[DeploymentEvent]:
        from helmr_api.api.deployments import list_deployment_events

        return list_deployment_events.stream(subject_id, cursor=cursor or None)

    def _read(self, raw: RawEvent) -> DeploymentEvent:
        from helmr_api.models import DeploymentEvent

        return parsed_object(DeploymentEvent.from_dict, raw)

    def _since(self, subject_id: str, cursor: int) -> Pager[DeploymentEvent]:
        return self.list(subject_id, cursor=cursor or None)

    def _ended(self, subject_id: str, pause: Pause) -> Deployment | None:
        from helmr_api.api.deployments import get_deployment

        try:
            found = self._transport.send(get_deployment.request(subject_id))
        except HelmrError as error:
            prepare_retry(error, pause, NEVER)
            return None
        return found if found.status in TERMINAL_DEPLOYMENT_STATUSES else None

    def _is_whole(self, ended: Deployment, at: int, last: str | None) -> bool:
        return True


class Deployments(Generated, Resource):
    """Versions of the code that declares tasks and sandboxes: `client.deployments`."""

    @property
    def events(self) -> DeploymentEvents:
        """The events of a deployment."""
        return DeploymentEvents(self._transport)

    def create(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, source: Source, /, *, sdk_version: str | None = None, cli_version: str | None = None
    ) -> Deployment:
        """Upload the source of a deployment, which a worker then builds.

        It is not used until it is promoted. Uploading an archive again before it has been built returns the
        same deployment; any other upload creates a new one, so a failed request is not retried.

        Args:
            source: A tar archive with relative paths: its bytes, the path of its file, or a file opened for
                reading in binary mode. At most 100000 entries with 512 MiB of content, and 128 MiB as
                sent.
            sdk_version: The SDK that the source uses; by default this package and its version.
            cli_version: The command-line client that uploads it.

        Returns:
            The deployment, `queued`.

        Raises:
            ArgumentError: The source cannot be read.
            BadRequestError: The server refuses the archive.
            HelmrError: Any other error.

        >>> deployment = deployments.create("deployment.tar")
        >>> for event in deployments.events.follow(deployment):
        ...     print(event.kind, event.message)
        """
        from helmr_api.api.deployments import create_deployment
        from helmr_api.models import DeploymentCreateRequest, DeploymentMetadata
        from helmr_api.types import File

        archive = in_thread(read_archive, source)
        metadata = DeploymentMetadata(
            content_hash=archive.content_hash, sdk_version=sdk_version, cli_version=cli_version
        )
        file = File(archive.content, name="deployment.tar")
        body = DeploymentCreateRequest(metadata=metadata, deployment_source=file)
        return self._transport.send(create_deployment.request(body=body))


public(DeploymentEvents, Deployments)
