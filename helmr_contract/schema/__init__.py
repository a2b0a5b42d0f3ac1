"""The document held against a server, by Schemathesis."""
