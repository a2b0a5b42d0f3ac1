"""The wire: routing, headers, errors, and one module of handlers per resource."""
