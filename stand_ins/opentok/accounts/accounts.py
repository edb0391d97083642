"""A project's secret and an application's public key, which their account's owner may change."""

import secrets
from collections.abc import Mapping
from typing import Any

from stand_ins.opentok.credentials import KnownCredentials

_SECRET_BYTES = 20
_CREATED_AT = 1414642898000


class Accounts:
    """The projects and applications of all accounts.

    A change counts at once, and what was signed before it is worth nothing. The documentation of
    neither platform promises that the earlier secret or key works on.

    Args:
        known: The credentials, which are changed in place.
    """

    def __init__(self, known: KnownCredentials) -> None:
        self._known = known
        self._settings: dict[str, dict[str, Any]] = {
            application_id: {
                "name": "Calls",
                "capabilities": {"video": {"webhooks": {}, "storage": {"cloud_storage": True}}},
                "privacy": {"improve_ai": False},
            }
            for application_id in known.applications
        }

    def project(self, key: str) -> dict[str, Any] | None:
        """Return a project's details, with its secret. None if there is no such project."""
        if key not in self._known.projects:
            return None
        return {
            "id": key,
            "secret": self._known.projects[key],
            "status": "ACTIVE",
            "name": "Calls",
            "environment": "standard",
            "createdAt": _CREATED_AT,
        }

    def refresh_secret(self, key: str) -> dict[str, Any] | None:
        """Give a project a new secret, and return its details. None if there is no project."""
        if key in self._known.projects:
            self._known.projects[key] = secrets.token_hex(_SECRET_BYTES)
        return self.project(key)

    def application(self, application_id: str) -> dict[str, Any] | None:
        """Return an application as GET shows it, without private key. None if there is none."""
        if application_id not in self._known.applications:
            return None
        keys = {"public_key": self._known.applications[application_id]}
        return {"id": application_id, "keys": keys, **self._settings[application_id]}

    def replace(self, application_id: str, content: Mapping[str, Any]) -> dict[str, Any] | None:
        """Replace an application's settings, as PUT does: what is not given is gone.

        The public key stays where none is given. Return the application, or None if there is none.
        """
        if application_id not in self._known.applications:
            return None
        given = dict(content)
        keys = given.pop("keys", None) or {}
        if "public_key" in keys:
            self._known.applications[application_id] = keys["public_key"]
        self._settings[application_id] = {"capabilities": {}, **given}
        return self.application(application_id)
