"""Imports of the process that judges are forked from: everything they need, with nothing started.

All of helmr_local and the client is loaded here, so that all mutants of a run change the same code.
"""

import importlib
import pkgutil

import helmr_api
import helmr_ergonomic
import helmr_local

from . import judge as judge
from .catalogue import CLIENT, SERVER, catalogue

for package in (helmr_local, helmr_ergonomic, helmr_api):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        # Skip modules that run on import and those that pytest must import itself.
        if not module.name.endswith(("__main__", "pytest_plugin")):
            importlib.import_module(module.name)
importlib.import_module("helmr_local.document").load()
for kind in (SERVER, CLIENT):
    catalogue(kind)
