"""HTTP: routing, requests, responses and event streams. This package depends on neither resources nor SQL."""
