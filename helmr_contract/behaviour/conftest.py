"""Loads the plugin in a run by path; a run by package name takes `-p helmr_contract.behaviour.plugin`."""

import pytest

PLUGIN = "helmr_contract.behaviour.plugin"


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.hasplugin(PLUGIN):
        pluginmanager.import_plugin(PLUGIN)
