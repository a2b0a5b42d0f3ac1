"""The engine executes runs: queue, worker, endings of attempts, and waits.

It does not import the resources: it reaches runs through an interface, and notifies other modules by signals.
Everything here runs on the server's event-loop thread.
"""
