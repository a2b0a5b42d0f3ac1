"""Executes runs: the queue, the worker, what ends an attempt, what runs wait for.

Knows no resource: what it needs of runs is an interface, and what it tells others are signals. Everything
here runs on the server's event-loop thread.
"""
