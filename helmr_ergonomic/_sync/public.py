# Derived from helmr_ergonomic/_async/public.py. Edit that file, then run `make generate`.
"""A client for code that has only a public access token or a callback URL."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Final

import httpx
from attrs import define

from helmr_api import models
from helmr_api.api.public_access import (
    append_input_record_with_public_access_token,
    read_output_record_with_public_access_token,
)

from .._models import Composite, bound
from .._public import public
from .._records import AppendedRecord, StreamRecord
from .._sessions import Address, SessionRef, address
from .._tasks import MISSING, Missing
from .._tokens import TokenRef, TokenSnapshot, complete_request, public_bearer
from .._types import JSON
from .._typevars import T
from ..config import configured_url
from ..errors import ArgumentError
from ..hooks import Hook
from ..limits import Timeout, time_limits
from ..retries import DEFAULT_MAX_RETRIES, checked_retries
from ..streams import InputStream, OutputStream, checked_sequence, input_stream, output_stream
from .connected import Connected
from .streams import StreamHandle
from .tokens import complete_by_callback, complete_with_public_access_token
from .transport import Transport

POLLS: Final = (0.25, 5.0)


class PublicInput(StreamHandle[T]):
    """The input stream that the credential allows sending to."""

    __slots__ = ()
    _appends = staticmethod(append_input_record_with_public_access_token.addressed)

    def send(
        self,
        data: T,
        *,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
        content_type: str | None = None,
    ) -> AppendedRecord[T]:
        """Send a record. Every request uses up one use of the credential, even for a record that was
        already sent, so a request is not retried if its response is lost.

        A credential bound to a correlation id requires that `correlation_id`. Raises `PayloadValidationError`
        before anything is sent, `PermissionDeniedError` when the credential does not allow it or has no uses
        left, `GoneError` when it or the session has expired, or any other `HelmrError`.

        >>> with PublicClient(credential.public_access_token) as public:
        ...     public.open(session_id).input(approval).send({"approved": True})
        """
        return self._append(data, correlation_id, idempotency_key, content_type)


class PublicOutput(StreamHandle[T]):
    """The output stream that the credential allows reading."""

    __slots__ = ()
    _reads = staticmethod(read_output_record_with_public_access_token.addressed)

    def read(self, *, after_sequence: int = 0, correlation_id: str | None = None) -> StreamRecord[T] | None:
        """Return the first record after `after_sequence`, or `None` if there is none yet. Every read uses up
        one use of the credential, so it is not retried.

        Raises `PermissionDeniedError` when the credential does not allow it or has no uses left, `GoneError`
        when it has expired, or any other `HelmrError`.

        >>> with PublicClient(reading.public_access_token) as public:
        ...     public.open(session_id).output(report).read(after_sequence=1)
        """
        return self._read(after_sequence, correlation_id)

    def follow(
        self, *, after_sequence: int = 0, correlation_id: str | None = None
    ) -> Generator[StreamRecord[T], None, None]:
        """Yield the records as they arrive, each once. It never ends by itself: leave the loop.

        Polls 0.25 s after a record, then less and less often, down to every 5 s, and continues after broken
        connections. Each poll is one use of the credential. Raises `PermissionDeniedError` when no uses are
        left, `GoneError` when the credential has expired.

        >>> with PublicClient(reading.public_access_token) as public:
        ...     for record in public.open(session_id).output(report).follow():
        ...         print(record.data.summary)
        ...         break
        """

        def read(after: int) -> Sequence[StreamRecord[T]]:
            record = self._read(after, correlation_id)
            return () if record is None else (record,)

        return self._follow(read, 1, checked_sequence(after_sequence), POLLS)


@define(eq=False, repr=False)
class PublicSession:
    """A session as seen with a public access token: one of its streams."""

    _transport: Transport
    address: Address

    def input(self, stream: InputStream[T] | str) -> PublicInput[T]:
        """Return the input stream to send to, by definition or name. Makes no request.

        >>> PublicClient(credential.public_access_token).open(session_id).input(approval)
        """
        return PublicInput(self._transport, self.address, input_stream(stream))

    def output(self, stream: OutputStream[T] | str) -> PublicOutput[T]:
        """Return the output stream to read, by definition or name. Makes no request.

        >>> PublicClient(reading.public_access_token).open(session_id).output(report)
        """
        return PublicOutput(self._transport, self.address, output_stream(stream))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address.id or self.address.external_id!r})"


class PublicCompletion(Composite, models.TokenCompletion):
    """The result of a completion. `status` is `already_completed` when the token was already completed with
    the same data."""

    __slots__ = ()
    _parts = (("token", TokenSnapshot),)
    token: TokenSnapshot


class PublicClient(Connected):
    """A client without an API key: it has a public access token, or no credential (for callback URLs).

    `url` is the control plane's URL (default `HELMR_API_URL`; not needed for callback URLs). `timeout`,
    `max_retries`, `http_client` and `hooks` are those of `HelmrClient`. Raises `ConfigurationError` when
    the URL is invalid, `ArgumentError` when the credential is.

    >>> with PublicClient(credential.public_access_token) as public:
    ...     public.open(session_id).input(approval).send({"approved": True})
    """

    def __init__(
        self,
        public_access_token: str | None = None,
        *,
        url: str | None = None,
        timeout: Timeout | Missing = MISSING,
        max_retries: int = DEFAULT_MAX_RETRIES,
        http_client: httpx.Client | None = None,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self._has_token = public_access_token is not None
        bearer = None if public_access_token is None else public_bearer(public_access_token)
        base_url = "" if bearer is None and url is None else configured_url(url)
        self._transport = Transport(
            base_url,
            bearer,
            limits=time_limits(timeout),
            max_retries=checked_retries(max_retries),
            http_client=http_client,
            hooks=hooks,
        )

    def open(self, session: SessionRef | None = None, *, external_id: str | None = None) -> PublicSession:
        """Return the session that the credential is for, by id, object or external id. Makes no request.

        >>> PublicClient(credential.public_access_token).open(session_id).input(approval).stream
        """
        self._need_token()
        return PublicSession(self._transport, address(session, external_id))

    def complete(self, token: TokenRef, data: JSON = None) -> PublicCompletion:
        """Complete the token that the credential is for; anyone waiting for it gets `data` (any JSON).

        Raises `ConflictError` when it was completed with other data or cancelled, `GoneError` when it has
        expired, `AuthenticationError` or `PermissionDeniedError` when the credential is not for it.

        >>> with PublicClient(token.public_access_token) as public:
        ...     public.complete(token.id, {"approved": True})
        """
        self._need_token()
        completion = complete_with_public_access_token(self._transport, token, complete_request(data))
        return bound(completion, PublicCompletion)

    def complete_by_callback(self, callback_url: str, data: JSON = None) -> PublicCompletion:
        """Complete a token with its callback URL, the only credential this needs.

        Raises `AuthenticationError` when the URL is unknown or its token was cancelled or has expired,
        `ConflictError` when it was completed with other data, `ArgumentError` when it is not a callback URL,
        or any other `HelmrError`.

        >>> with PublicClient() as public:
        ...     public.complete_by_callback(callback_url, {"approved": True})
        """
        completion = complete_by_callback(self._transport, callback_url, complete_request(data))
        return bound(completion, PublicCompletion)

    def _need_token(self) -> None:
        if not self._has_token:
            raise ArgumentError("this needs a public access token: PublicClient(public_access_token)")


public(PublicClient, PublicCompletion, PublicInput, PublicOutput, PublicSession)
