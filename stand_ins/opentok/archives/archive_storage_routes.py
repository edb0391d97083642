"""The REST routes by which a project chooses its archives' storage."""

from collections.abc import Callable

from flask import Blueprint
from werkzeug.wrappers import Response

from stand_ins.opentok.archives.archive_storage import ArchiveStorage, StorageTarget
from stand_ins.opentok.callbacks.project_routes import (
    empty_answer,
    json_body,
    no_content,
    project_routes,
)
from stand_ins.opentok.credentials import KnownCredentials


def archive_storage_routes(
    storage: ArchiveStorage, known: KnownCredentials, clock: Callable[[], float]
) -> Blueprint:
    routes = project_routes("archive_storage", known, clock)

    @routes.put("/archive/storage")
    def set_storage(key: str) -> Response:
        storage.set_target(key, json_body(StorageTarget))
        return empty_answer()

    @routes.delete("/archive/storage")
    def remove_storage(key: str) -> Response:
        storage.remove_target(key)
        return no_content()

    return routes
