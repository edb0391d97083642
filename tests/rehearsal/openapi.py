import copy
from typing import Any


def as_moto_takes_it(swagger: dict[str, Any]) -> dict[str, Any]:
    """Return Chalice's Swagger 2.0 document in the part of OpenAPI 3 that moto's import takes.

    API Gateway takes Swagger 2.0 as it is. Only moto needs this.
    """
    document = copy.deepcopy(swagger)
    del document["swagger"]
    document["openapi"] = "3.0.1"
    document["info"].setdefault("description", "")
    for methods in document["paths"].values():
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            if integration["type"] == "mock":
                integration.setdefault("uri", "mock")
                integration.setdefault("httpMethod", "POST")
    return document
