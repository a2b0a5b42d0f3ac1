"""Loads the plugin if tests are run by path; by package name, use `-p helmr_contract.behaviour.plugin`."""

import pytest

PLUGIN = "helmr_contract.behaviour.plugin"


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.hasplugin(PLUGIN):
        pluginmanager.import_plugin(PLUGIN)
