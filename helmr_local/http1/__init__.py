"""HTTP/1.1: bytes of a connection to ASGI calls and back. Knows nothing of Helmr.

Requests are read strictly and by one parser. What another reader of the same bytes, such as a proxy, could
read otherwise is refused and ends the connection, so that no request can be hidden inside another one.
"""
