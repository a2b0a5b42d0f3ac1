"""Sandboxes: the environments for tasks and workspaces that the current deployment declares."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helmr_contract.behaviour.helpers import (
    Api,
    JsonObject,
    assert_error,
    is_canonical_uuid,
    ok,
    parse_time,
    rule,
)

DOCUMENT = "schedules-secrets-deployments.md"
COMMON = rule(f"{DOCUMENT} 2")
SANDBOXES = rule(f"{DOCUMENT} 6")

ALWAYS = {
    "id", "deployment_id", "sandbox_id", "fingerprint", "image_artifact_id", "image_artifact_format",
    "rootfs_digest", "image_digest", "image_format", "workspace_mount_path", "resource_floor",
    "disk_floor_mib", "network_policy", "runtime_abi", "guestd_abi", "adapter_abi", "filesystem_format",
    "default_workdir", "contract_version", "created_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def sandboxes(api: Api) -> list[JsonObject]:
    listed = ok(api.get("/api/sandboxes"))
    assert set(listed) == {"sandboxes"}
    found: list[JsonObject] = listed["sandboxes"]
    assert found, "the probe was deployed without a sandbox"
    return found


@SANDBOXES
def test_the_sandboxes_of_the_current_deployment_are_listed_by_name(sandboxes: list[JsonObject]) -> None:
    names = [sandbox["sandbox_id"] for sandbox in sandboxes]
    assert names == sorted(names)
    assert len({sandbox["deployment_id"] for sandbox in sandboxes}) == 1


@SANDBOXES
def test_a_sandbox_has_an_image_resources_and_a_network(sandboxes: list[JsonObject]) -> None:
    for sandbox in sandboxes:
        assert sandbox.keys() - {"default_uid", "default_gid"} == ALWAYS
        for name in ("id", "deployment_id", "image_artifact_id"):
            assert is_canonical_uuid(sandbox[name])
        assert set(sandbox["resource_floor"]) == {"disk_mib", "milli_cpu", "memory_mib"}
        assert sandbox["resource_floor"]["disk_mib"] == sandbox["disk_floor_mib"]
        assert sandbox["network_policy"].keys() - {"allow", "deny"} == {"internet"}
        assert [] not in sandbox["network_policy"].values()
        assert (sandbox["image_artifact_format"], sandbox["image_format"]) == ("oci-tar", "oci-tar")
        assert (sandbox["guestd_abi"], sandbox["adapter_abi"]) == ("helmr.guestd.v0", "helmr.adapter.v0")
        assert (sandbox["filesystem_format"], sandbox["contract_version"]) == ("tar", 1)
        parse_time(sandbox["created_at"])


@SANDBOXES
def test_a_sandbox_is_addressed_by_its_name_not_by_its_id(api: Api, sandboxes: list[JsonObject]) -> None:
    for sandbox in sandboxes:
        assert ok(api.get(f"/api/sandboxes/{sandbox['sandbox_id']}")) == sandbox
        assert_error(api.get(f"/api/sandboxes/{sandbox['id']}"), 404, "sandbox not found")


@SANDBOXES
@pytest.mark.parametrize("name", ["helmr-contract-unknown", "%C3%A4", "-", "a%20b"])
def test_an_undeclared_name_returns_404_whatever_its_form(api: Api, name: str) -> None:
    assert_error(api.get(f"/api/sandboxes/{name}"), 404, "sandbox not found")


@COMMON
@pytest.mark.parametrize("path", ["", "/helmr-contract-unknown"])
def test_a_request_must_not_name_a_project_or_environment(api: Api, path: str) -> None:
    for field in ("project_id", "environment_id"):
        response = api.get(f"/api/sandboxes{path}?{field}=x")
        assert_error(response, 400, "project_id and environment_id are not accepted with API keys")


@COMMON
@SANDBOXES
@pytest.mark.scoped_keys
@pytest.mark.parametrize(
    "scope",
    ["runs:read", "tasks:deploy", "workspace-pty:read", "workspace-versions:diff", "workspace-ports:close"],
)
def test_any_of_several_permissions_is_sufficient(scoped_key: Callable[..., Api], scope: str) -> None:
    caller = scoped_key(scope)
    ok(caller.get("/api/sandboxes"))
    assert_error(caller.get("/api/sandboxes/helmr-contract-unknown"), 404, "sandbox not found")


@COMMON
@pytest.mark.scoped_keys
def test_without_one_of_them_sandboxes_cannot_be_read(scoped_key: Callable[..., Api]) -> None:
    caller = scoped_key("secrets:write", "runs:create", "runs:manage")
    for path in ("", "/helmr-contract-unknown"):
        assert_error(caller.get(f"/api/sandboxes{path}"), 403, "permission is required")
