"""Tests a server against the document, with Schemathesis."""
