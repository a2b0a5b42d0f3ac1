"""Behaviour tests: every rule of the contract that a client can observe, tested on a server given by URL and
key.

    HELMR_CONTRACT_KEY=… pytest -p helmr_contract.behaviour.plugin \\
        --pyargs helmr_contract.behaviour --helmr-url URL

Without a URL they start a local control plane with the probe task (``helmr_contract/probe.py``). They use
plain HTTP and none of this project's client code, so a fault in the client cannot hide one in the server.
"""
