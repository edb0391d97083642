"""A command that writes the OpenAPI document from the app's routes.

Run it as `python -m tests.support.write_openapi`.
"""

import json
from typing import Any

from app import build_app
from tests.support.gateway import Gateway, LambdaContext
from tests.support.openapi import COMMITTED


def document_of_routes() -> dict[str, Any]:
    """Return the document that the app serves, for a deployment at the root of its host."""
    app = build_app({"LOG_LEVEL": "ERROR"})
    answer = app(Gateway(app).event("GET", "/openapi.json"), LambdaContext())
    served: dict[str, Any] = json.loads(answer["body"])
    return served | {"servers": [{"url": "/"}]}


def written(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    COMMITTED.write_text(written(document_of_routes()))
