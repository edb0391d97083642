"""The call page: a page for browsers in which people see and hear each other.

The page is public. Whoever opens it needs a bearer token to join, as in any other client.
"""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Final

from chalicelib import errors
from chalicelib.api.http.decoding import PublicContext, VisitorContext
from chalicelib.api.http.operations import PUBLIC, VISITOR
from chalicelib.api.http.responses import Response, Text
from chalicelib.api.http.routes import Routes
from chalicelib.core.ports.video_platform import LibraryAddress

_FOLDER: Final = Path(__file__).with_name("static")
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_CACHED: Final = MappingProxyType({"Cache-Control": "public, max-age=300"})

routes = Routes(tag="call page")


@routes.get("/call", VISITOR, summary="Open the call page", returns={HTTPStatus.OK: None})
def show_page(context: VisitorContext) -> Response:
    library = context.use_cases.client_library.address(context.deadline)
    page = (_FOLDER / "index.html").read_text("utf-8").replace("{library}", library.url)
    headers = {"Content-Security-Policy": _policy(library), **_SAFE}
    return Response(HTTPStatus.OK, Text(page, "text/html"), headers)


@routes.get(
    "/call/{file}", PUBLIC, summary="Get a file of the call page", returns={HTTPStatus.OK: None}
)
def send_file(_: PublicContext, file: str) -> Response:
    found = next((each for each in _FOLDER.iterdir() if each.name == file), None)
    if found is None or found.suffix not in _TYPES:
        raise errors.NoSuchRoute("The call page has no such file.")
    text = Text(found.read_text("utf-8"), _TYPES[found.suffix])
    return Response(HTTPStatus.OK, text, {**_CACHED, **_SAFE})


_SAFE: Final[Mapping[str, str]] = MappingProxyType(
    {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
)


def _policy(library: LibraryAddress) -> str:
    """Return a Content-Security-Policy that allows this page's files, and OpenTok's library."""
    hosts = " ".join(library.hosts)
    styles = " 'unsafe-inline'" if library.inline_styles else ""
    return (
        "default-src 'none'; "
        f"script-src 'self' {library.url}; "
        f"style-src 'self'{styles}; "
        f"connect-src 'self' {hosts}; "
        "img-src 'self' data: blob:; media-src 'self' blob: mediastream:; worker-src blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
