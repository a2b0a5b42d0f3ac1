"""The behaviour of Go and PostgreSQL that clients of the real server can observe.

It covers Go's decoding of JSON, queries and paths, its durations and quoting, and PostgreSQL's numbers and
times. Nothing here depends on a resource.
"""
