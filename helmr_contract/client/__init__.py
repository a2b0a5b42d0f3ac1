"""Conformance tests for clients: a scripted control plane, scenarios, and the protocol for drivers.

A driver is a small program that wraps the client under test. It reads one call per line from standard input,
and writes what the client returned or raised to standard output, one line per call.
"""
