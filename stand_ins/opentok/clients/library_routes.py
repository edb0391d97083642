"""The client library's address: one script, of the parts in `library/`."""

from importlib.resources import files
from typing import Final

from flask import Blueprint
from werkzeug.wrappers import Response

PARTS: Final = (
    "events",
    "link",
    "media",
    "widget",
    "peer",
    "publisher",
    "subscriber",
    "session",
    "ot",
)
"""The parts, in the order in which the script has them."""
_TITLE: Final = "// Roomkey's local stand-in for OpenTok.js: no media leaves this machine.\n"


def library_script() -> str:
    """Return the whole script; it sets `window.OT` and nothing else."""
    folder = files("stand_ins.opentok.clients") / "library"
    parts = "\n".join((folder / f"{name}.js").read_text("utf-8") for name in PARTS)
    return f'{_TITLE}(() => {{\n"use strict";\n{parts}\n}})();\n'


def library_routes() -> Blueprint:
    routes = Blueprint("client_library", __name__, url_prefix="/client")

    @routes.get("/opentok.js")
    def send_library() -> Response:
        return Response(library_script(), content_type="text/javascript; charset=utf-8")

    return routes
