"""OpenTelemetry: a hook that makes a span of each request, and sends the trace's context with it.

    from helmr_otel import tracing

    client = HelmrClient(hooks=[tracing])

It needs the package `opentelemetry-api`, and does nothing until the program configures a tracer provider.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

from helmr import Exchange, __version__

try:
    from opentelemetry import propagate, trace
except ModuleNotFoundError as error:
    raise ImportError("helmr_otel needs OpenTelemetry: pip install opentelemetry-api") from error

__all__ = ["tracing"]


@contextmanager
def tracing(exchange: Exchange) -> Generator[None]:
    """Make a span of a request with its repetitions, named after its operation.

    It has the attributes of the semantic conventions for HTTP clients; none holds a credential or a payload.
    The trace's context goes to the control plane in the header `traceparent`.

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
        exchange.operation or exchange.method, kind=trace.SpanKind.CLIENT, attributes=known
    ) as span:
        propagate.inject(exchange.headers)
        try:
            yield
        finally:
            if exchange.status is not None:
                span.set_attribute("http.response.status_code", exchange.status)
            if exchange.attempts > 1:
                span.set_attribute("http.request.resend_count", exchange.attempts - 1)
            if exchange.error is not None:
                span.set_attribute("error.type", type(exchange.error).__name__)
