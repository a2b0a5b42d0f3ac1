"""The engine executes runs: queue, worker, endings of attempts, and waits.

It does not know the resources: it reaches runs through an interface and notifies others by signals.
Everything here runs on the server's event-loop thread.
"""
