"""`python -m tools.openapi` writes docs/openapi.json from the declared routes."""

import msgspec

from app import ROUTES
from chalicelib.api.openapi_route import DOCUMENT
from tools.openapi.document import openapi_document


def document_text() -> str:
    """Return the text that docs/openapi.json has to have."""
    document = openapi_document([route for routes in ROUTES for route in routes])
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document_text())
