"""The wire: routing, requests, responses, event streams. Knows no resource and no SQL."""
