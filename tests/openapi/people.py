"""Loaded by schemathesis: whoever is let in connects, so that moderators find somebody."""

import os
from typing import Any

import requests
import schemathesis

from tests.openapi.quicker_schemathesis import quicken

quicken()


@schemathesis.hook
def after_call(
    _: schemathesis.HookContext, case: schemathesis.Case[Any], response: schemathesis.Response
) -> None:
    if case.operation.path == "/rooms/{room}/tokens" and response.status_code == 201:
        url = f"{os.environ['ROOMKEY_OPENTOK']}/sim/connections"
        requests.post(url, json={"token": response.json()["token"]}, timeout=10)
