"""Behaviour tests: every rule of the contract that a client can observe, asked of a server by URL and key.

    HELMR_CONTRACT_KEY=… pytest -p helmr_contract.behaviour.plugin \\
        --pyargs helmr_contract.behaviour --helmr-url URL

Without a URL they start a local control plane with the probe task (``helmr_contract/probe.py``). They speak
bare HTTP and know nothing of this project's client: they are the independent judge of both.
"""
