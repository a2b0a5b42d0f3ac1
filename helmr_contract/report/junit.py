"""The run as a JUnit XML file, for continuous integration."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from helmr_api.display import printable
from helmr_contract.behaviour.runner import BehaviourResult, RuleBreach
from helmr_contract.findings import unless_shown
from helmr_contract.outcome import Outcome
from helmr_contract.schema.runner import SchemaResult
from helmr_contract.selection import NOT_SELECTED

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(outcome: Outcome, path: Path) -> None:
    suites = ET.Element("testsuites", name="helmr-contract", time=f"{outcome.seconds:.3f}")
    if outcome.errors or outcome.not_implemented:
        _run_suite(suites, outcome)
    if outcome.schema:
        _schema_suite(suites, outcome, outcome.schema)
    if outcome.behaviour:
        _behaviour_suite(suites, outcome, outcome.behaviour)
    ET.indent(suites)
    ET.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def _run_suite(suites: ET.Element, outcome: Outcome) -> None:
    """Add a test suite with the results that concern the whole run."""
    suite = ET.SubElement(suites, "testsuite", name="run", time="0")
    if outcome.not_implemented:
        case = ET.SubElement(suite, "testcase", classname="run", name="all operations are implemented")
        names = ", ".join(outcome.not_implemented)
        ET.SubElement(case, "failure", message=_xml(f"not implemented: {names}"))
    for error in outcome.errors:
        case = ET.SubElement(suite, "testcase", classname="run", name="the tests run to the end")
        ET.SubElement(case, "error", message=_xml(error))
    _count(suite)


def _schema_suite(suites: ET.Element, outcome: Outcome, result: SchemaResult) -> None:
    suite = ET.SubElement(suites, "testsuite", name="schema", time=f"{result.seconds:.3f}")
    failures = {
        operation.label: list[ET.Element]()
        for operation in outcome.document.operations.values()
        if outcome.selection.left_out.get(operation.id) != NOT_SELECTED
    }
    for failure in result.failures:
        answered = f"response: {failure.response}" if failure.response else ""
        text = "\n".join([failure.message, answered, *failure.curl])
        element = ET.Element("failure", message=_xml(f"{failure.check}: {failure.title}"))
        element.text = _text(text)
        if failure.known:
            element = ET.Element("skipped", message=_xml(f"accepted by the baseline: {failure.title}"))
        failures.setdefault(failure.operation or "run", []).append(element)
    left_out = {
        outcome.document.operations[name].label: reason for name, reason in outcome.selection.left_out.items()
    }
    for label, elements in failures.items():
        case = ET.SubElement(suite, "testcase", classname="schema", name=_xml(label))
        case.extend(elements)
        if not elements and label not in result.tested_operations:
            ET.SubElement(
                case, "skipped", message=_xml(left_out.get(label) or result.stopped or "not tested")
            )
    _count(suite)


def _behaviour_suite(suites: ET.Element, outcome: Outcome, result: BehaviourResult) -> None:
    suite = ET.SubElement(suites, "testsuite", name="behaviour", time=f"{result.seconds:.3f}")
    if outcome.skip_reasons:
        properties = ET.SubElement(suite, "properties")
        for reason, number in outcome.skip_reasons:
            ET.SubElement(properties, "property", name=_xml(f"skipped: {reason}"), value=str(number))
    for rule in outcome.rules:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"behaviour.{rule.module}",
            name=_xml(rule.title),
            time=f"{rule.seconds:.3f}",
        )
        if rule.outcome == "broken" and not rule.known:
            breaches = list(rule.breaches.values())
            causes = "; ".join(breach.cause for breach in breaches) or "the rule is broken"
            failure = ET.SubElement(case, "failure", message=_xml(causes))
            details = [line for breach in breaches for line in _details(breach)]
            failure.text = _text("\n".join([rule.name, "", *details, rule.message, "", *rule.curl]))
        elif rule.outcome != "kept":
            reason = "accepted by the baseline" if rule.known else rule.message or rule.outcome
            ET.SubElement(case, "skipped", message=_xml(reason))
    _count(suite)


def _details(breach: RuleBreach) -> list[str]:
    response = unless_shown(breach.answered, breach.got)
    shown = [f"response: {response}"] if response else []
    return [f"expected: {breach.expected}", f"got: {breach.got}", *shown, ""]


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(sum(1 for case in suite if case.find("failure") is not None)))
    suite.set("skipped", str(sum(1 for case in suite if case.find("skipped") is not None)))
    suite.set("errors", str(sum(1 for case in suite if case.find("error") is not None)))


def _text(text: str) -> str:
    """Lines of text."""
    return "\n".join(_xml(line) for line in text.splitlines())


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", printable(text))
