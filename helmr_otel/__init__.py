"""OpenTelemetry: a hook that records a span for each request, and propagates the trace context.

    from helmr_otel import tracing

    client = HelmrClient(hooks=[tracing])
    helmr.configure(hooks=[tracing])  # for the facades

It needs the package `opentelemetry-api`, and does nothing until the program configures a tracer provider.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

from helmr import Exchange, HelmrError, __version__

try:
    from opentelemetry import propagate, trace
except ModuleNotFoundError as error:
    raise ImportError("helmr_otel needs OpenTelemetry: pip install opentelemetry-api") from error

__all__ = ["tracing"]


@contextmanager
def tracing(exchange: Exchange) -> Generator[None]:
    """Record a span for a request with its retries, named after its operation.

    It has the attributes of the semantic conventions for HTTP clients; none contains a credential or payload.
    The status of the span has the message of an error. Its traceback is left out: it may hold credentials.
    The trace context is sent to the control plane in the `traceparent` header.

    >>> client = HelmrClient(hooks=[tracing])
    """
    server = urlsplit(exchange.origin)
    known: dict[str, str | int] = {
        "http.request.method": exchange.method,
        "url.path": exchange.path,
        "server.address": server.hostname or "",
        "server.port": server.port or (443 if server.scheme == "https" else 80),
    }
    tracer = trace.get_tracer("helmr", __version__)
    with tracer.start_as_current_span(
        exchange.operation or exchange.method,
        kind=trace.SpanKind.CLIENT,
        attributes=known,
        # The traceback of an exception names its causes, whose messages may hold a credential.
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        propagate.inject(exchange.headers)
        error: Exception | None = None
        try:
            yield
        except Exception as raised:
            error = raised
            raise
        finally:
            error = error or exchange.error
            if exchange.status is not None:
                span.set_attribute("http.response.status_code", exchange.status)
            if exchange.attempts > 1:
                span.set_attribute("http.request.resend_count", exchange.attempts - 1)
            if error is not None:
                span.set_attribute("error.type", type(error).__name__)
                # Errors of the client keep credentials out of their messages; others promise nothing.
                description = str(error) if isinstance(error, HelmrError) else None
                span.set_status(trace.StatusCode.ERROR, description)
