"""HTTP/1.1: translates the bytes of a connection to ASGI calls and back. This package does not depend on
Helmr.

Requests are parsed strictly. Any bytes that another parser, such as a proxy, could interpret differently are
refused and end the connection, so that no request can be smuggled inside another one.
"""
