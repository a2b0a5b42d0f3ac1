"""The document that the generated client ships."""

from __future__ import annotations

from typing import Any

import pytest

from helmr_api.document import load, resolved
from tests.unit.scripts import ROOT, script

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Id": {"type": "string"},
            "Alias": {"$ref": "#/components/schemas/Id"},
            "a/b~c": {"type": "integer"},
            "Self": {"$ref": "#/components/schemas/Other"},
            "Other": {"$ref": "#/components/schemas/Self"},
            "Text": "a string",
        }
    }
}


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_the_shipped_document_is_the_source() -> None:
    assert load() == script("openapi_document").load(ROOT / "openapi.yaml")


@pytest.mark.parametrize(
    ("name", "kind"), [("Id", "string"), ("Alias", "string"), ("a~1b~0c", "integer")], ids=str
)
def test_a_reference_leads_to_its_target(name: str, kind: str) -> None:
    assert resolved(DOCUMENT, reference(name)) == {"type": kind}


def test_a_node_without_a_reference_is_its_own_target() -> None:
    node = {"type": "string"}
    assert resolved(DOCUMENT, node) is node


@pytest.mark.parametrize(
    "node",
    [
        *map(reference, ["Missing", "Self", "Text", "Id/type/x"]),
        {"$ref": "other.yaml#/Id"},
    ],
    ids=["missing", "circular", "not an object", "below a string", "another file"],
)
def test_a_reference_without_a_target_is_a_lookup_error(node: dict[str, Any]) -> None:
    with pytest.raises(LookupError, match="reference"):
        resolved(DOCUMENT, node)
