"""The conformance tests for clients: a scripted control plane, scenarios, and the protocol with a driver.

A driver is a small program that wraps the client under test. It reads a call from each line of its standard
input and writes what the client returned or raised as a line of its standard output.
"""
