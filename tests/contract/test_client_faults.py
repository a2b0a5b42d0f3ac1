"""Each client fault is caught by a scenario that the client without faults passes."""

from __future__ import annotations

import pytest

from helmr_contract.client.runner import Verdict, play
from helmr_contract.client.scenarios import all_scenarios

from .client_faults import FAULTS as CALL_FAULTS
from .client_faults import Fault, FaultyDriver
from .client_process_faults import PROCESS_FAULTS

FAULTS = CALL_FAULTS + PROCESS_FAULTS
SCENARIOS = all_scenarios()

pytestmark = pytest.mark.sends_invalid_requests(
    "scenarios use ids that need encoding, and faults send invalid requests"
)


def verdict(fault: Fault) -> Verdict:
    driver = FaultyDriver(fault)
    try:
        return play(driver, SCENARIOS[fault.caught_by]).verdict
    finally:
        driver.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_faulty_client_is_caught(fault: Fault) -> None:
    assert verdict(fault) is Verdict.FAILED


@pytest.mark.parametrize("name", sorted({fault.caught_by for fault in FAULTS}))
def test_the_same_scenario_passes_without_the_fault(name: str) -> None:
    assert verdict(Fault("none", name)) is Verdict.PASSED


def test_there_are_many_faults_with_unique_names() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40
