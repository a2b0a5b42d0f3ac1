# Generated from openapi.yaml by scripts/generate.py. Do not edit: run `make generate`.
"""Values that only tasks can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...types import Sender

if TYPE_CHECKING:
    from ...models.secret import Secret
    from ...paging import Pager


class Secrets:
    """Values that only tasks can read.

    Its methods raise `HelmrError` when a request fails, and `ArgumentError` before one is sent when an argument is
    invalid.
    """

    __module__ = "helmr"

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list(
        self,
    ) -> Pager[Secret]:
        """List secrets.

        Lists the environment's secrets by name, without their values, at most 200. There is no cursor.
        Needs the permission `secrets.write`.

        Returns:
            Sorted by `name`, at most 200.
        """
        from ...api.secrets import list_secrets
        from ...paging import Pager

        return Pager(
            self._sender,
            lambda at: list_secrets.request(),
            lambda page: page.secrets,
        )

    def retrieve(self, name: str, /) -> Secret:
        """Get a secret.

        Returns a secret without its value, which no operation returns. Needs the permission
        `secrets.write`. Order of checks: `name`, scope, permission, secret.

        Args:
            name: The secret's name; case-sensitive. It is compared as it is written in the path, so a
                name with percent-encoded characters is refused.
        """
        from ...api.secrets import get_secret

        return self._sender.send(get_secret.request(name))

    def set(self, name: str, /, value: str | None = None) -> Secret:
        """Set a secret.

        Creates a secret or replaces its value. The last write wins. `created_at` does not change when a
        value is replaced. Needs the permission `secrets.write`. Order of checks: `name`, body, scope,
        permission.

        Args:
            name: The secret's name; case-sensitive. It is compared as it is written in the path, so a
                name with percent-encoded characters is refused.
            value: The secret value. An empty string when left out or `null`.
        """
        from ...api.secrets import set_secret
        from ...models.secret_set_request import SecretSetRequest

        body = SecretSetRequest(value=value)
        return self._sender.send(set_secret.request(name, body=body))

    def delete(self, name: str, /) -> None:
        """Delete a secret.

        Deletes a secret. Deleting it again returns 404. Needs the permission `secrets.write`. Order of
        checks: `name`, scope, permission, secret.

        Args:
            name: The secret's name; case-sensitive. It is compared as it is written in the path, so a
                name with percent-encoded characters is refused.
        """
        from ...api.secrets import delete_secret

        self._sender.send(delete_secret.request(name))
