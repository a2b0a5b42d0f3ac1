"""The effects of the real server's language and database that clients can observe.

Go's decoding of JSON, queries and paths, its durations and quoting, PostgreSQL's numbers and times. Nothing
here depends on a resource.
"""
