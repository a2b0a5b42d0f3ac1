"""HTTP: routing, requests, responses and event streams. It knows neither resources nor SQL."""
