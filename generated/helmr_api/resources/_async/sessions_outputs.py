# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Output streams of sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ...errors import ArgumentError
from ...types import UNSET, AsyncSender, HasId, id_of

if TYPE_CHECKING:
    from ...models.append_output_result import AppendOutputResult
    from ...models.stream_record import StreamRecord
    from ...paging import AsyncPager


class AsyncSessionsOutputs:
    """Output streams of sessions.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    @overload
    def list(
        self,
        stream: str,
        session: str | HasId,
        /,
        *,
        after_sequence: int | None = None,
        page_size: int | None = None,
        correlation_id: str | None = None,
    ) -> AsyncPager[StreamRecord]: ...
    @overload
    def list(
        self,
        stream: str,
        /,
        *,
        external_id: str,
        after_sequence: int | None = None,
        page_size: int | None = None,
        correlation_id: str | None = None,
    ) -> AsyncPager[StreamRecord]: ...
    def list(
        self,
        stream: str,
        session: str | HasId | None = None,
        /,
        *,
        external_id: str | None = None,
        after_sequence: int | None = None,
        page_size: int | None = None,
        correlation_id: str | None = None,
    ) -> AsyncPager[StreamRecord]:
        """List records of an output stream.

        Returns records in ascending sequence. Reading does not consume records; to continue, pass the last
        `sequence` as `after_sequence`. Needs the permission `session.streams.read`.

        Args:
            stream: Name of the stream; 1 to 256 characters.
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.
            after_sequence: Only records with a greater sequence. Blank is 0. When it is left out or
                blank, a query parameter `cursor` is read in its place.
            page_size: The maximum number to return. Blank is the default.
            correlation_id: Only records with exactly this correlation id. Blank means no filter.

        Returns:
            Ascending by `sequence`, at most `limit`.
        """
        from ...api.streams import list_output_records, list_output_records_by_external_id
        from ...paging import AsyncPager

        if session is not None and external_id is None:
            return AsyncPager(
                self._sender,
                lambda at: list_output_records.request(
                    id_of(session, "session"),
                    stream,
                    after_sequence=at,
                    limit=page_size,
                    correlation_id=correlation_id,
                ),
                lambda page: page.records,
                lambda page: page.records[-1].sequence if page.records else None,
                after_sequence,
            )
        if session is None and external_id is not None:
            return AsyncPager(
                self._sender,
                lambda at: list_output_records_by_external_id.request(
                    stream,
                    after_sequence=at,
                    limit=page_size,
                    correlation_id=correlation_id,
                    external_id=external_id,
                ),
                lambda page: page.records,
                lambda page: page.records[-1].sequence if page.records else None,
                after_sequence,
            )
        raise ArgumentError("pass either session or external_id")

    @overload
    async def append(
        self,
        stream: str,
        session: str | HasId,
        /,
        data: Any = UNSET,
        *,
        content_type: str | None = None,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AppendOutputResult: ...
    @overload
    async def append(
        self,
        stream: str,
        /,
        *,
        external_id: str,
        data: Any = UNSET,
        content_type: str | None = None,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AppendOutputResult: ...
    async def append(
        self,
        stream: str,
        session: str | HasId | None = None,
        /,
        data: Any = UNSET,
        *,
        external_id: str | None = None,
        content_type: str | None = None,
        correlation_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AppendOutputResult:
        """Write a record to an output stream.

        Appends a record to an output stream, in any status of the session. The status is 201 even for a
        repeated idempotency key, whose scope is this stream and which never expires. Needs the permission
        `session.output.append`.

        Args:
            stream: Name of the stream; 1 to 256 characters.
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            data: Any JSON; null when left out.
            external_id: The session's external id; at most 512 bytes, not blank.
            content_type: Free text, not checked; `application/json` when left out or blank.
            correlation_id: What the record relates to; of any length; a blank one counts as absent. A
                wait for a correlation id takes only records that have it.
            idempotency_key: Makes this append safe to repeat; at most 512 bytes; a blank one counts as
                absent. Scope: this stream, all senders. Compared are `data`, `correlation_id` and
                `content_type`.
        """
        from ...api.streams import append_output_record, append_output_record_by_external_id
        from ...models.append_record_request import AppendRecordRequest

        body = AppendRecordRequest(
            data=data,
            content_type=content_type,
            correlation_id=correlation_id,
            idempotency_key=idempotency_key,
        )
        if session is not None and external_id is None:
            return await self._sender.send(
                append_output_record.request(id_of(session, "session"), stream, body=body)
            )
        if session is None and external_id is not None:
            return await self._sender.send(
                append_output_record_by_external_id.request(stream, body=body, external_id=external_id)
            )
        raise ArgumentError("pass either session or external_id")

    @overload
    async def read(
        self,
        stream: str,
        session: str | HasId,
        /,
        *,
        after_sequence: int | None = None,
        correlation_id: str | None = None,
    ) -> StreamRecord | None: ...
    @overload
    async def read(
        self,
        stream: str,
        /,
        *,
        external_id: str,
        after_sequence: int | None = None,
        correlation_id: str | None = None,
    ) -> StreamRecord | None: ...
    async def read(
        self,
        stream: str,
        session: str | HasId | None = None,
        /,
        *,
        external_id: str | None = None,
        after_sequence: int | None = None,
        correlation_id: str | None = None,
    ) -> StreamRecord | None:
        """Read the next record of an output stream.

        Returns the first record after `after_sequence` (by default the oldest one), or `null` if there is
        none. It returns at once and does not consume the record. Needs the permission
        `session.streams.read`.

        Args:
            stream: Name of the stream; 1 to 256 characters.
            session: The session's id. Other spellings of a UUID are accepted too. Blank (`%20`) leaves
                it to the query parameter `external_id` to name the session, as below `/by-external-id`.
            external_id: The session's external id; at most 512 bytes, not blank.
            after_sequence: Only records with a greater sequence. Blank is 0. When it is left out or
                blank, a query parameter `cursor` is read in its place.
            correlation_id: Only records with exactly this correlation id. Blank means no filter.

        Returns:
            The first record after `after_sequence`; `null` when there is none. Always present.
        """
        from ...api.streams import read_output_record, read_output_record_by_external_id

        if session is not None and external_id is None:
            return (
                await self._sender.send(
                    read_output_record.request(
                        id_of(session, "session"),
                        stream,
                        after_sequence=after_sequence,
                        correlation_id=correlation_id,
                    )
                )
            ).record
        if session is None and external_id is not None:
            return (
                await self._sender.send(
                    read_output_record_by_external_id.request(
                        stream,
                        after_sequence=after_sequence,
                        correlation_id=correlation_id,
                        external_id=external_id,
                    )
                )
            ).record
        raise ArgumentError("pass either session or external_id")
