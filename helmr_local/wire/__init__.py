"""What clients can observe of the real server's language and database.

Go's decoding of JSON, queries and paths, its durations and quoting, PostgreSQL's numbers and times. Nothing
here knows a resource.
"""
