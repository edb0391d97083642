"""A link for a guest of alice's, made as an app would make it."""

from http import HTTPStatus
from typing import Any

import requests

from local.bearer import fetch_bearer
from local.ports import Ports, StartError
from stand_ins.http.direct_session import direct_session

_SECONDS = 10.0
_ONE_GUEST = {"maxUses": 1}


def guest_link(ports: Ports, room: str) -> str:
    """Invite one guest to this room, which is made if there is none, and return the link.

    Raises:
        StartError: The app refuses. It says why.
    """
    # An admin may invite to any room, whoever has made it.
    headers = {"Authorization": f"Bearer {fetch_bearer(ports, 'alice', admin=True)}"}
    address = f"{ports.app_url}/rooms/{room}"
    with direct_session() as http:
        made = _asked(http, "POST", f"{address}/invitations", headers)
        if made.status_code == HTTPStatus.NOT_FOUND:
            _asked(http, "PUT", address, headers)
            made = _asked(http, "POST", f"{address}/invitations", headers)
    if made.status_code != HTTPStatus.CREATED:
        raise StartError(f"The app answers {made.status_code}: {made.text}")
    answer: dict[str, Any] = made.json()
    return str(answer["url"])


def _asked(
    http: requests.Session, method: str, url: str, headers: dict[str, str]
) -> requests.Response:
    content = _ONE_GUEST if method == "POST" else {}
    try:
        return http.request(method, url, headers=headers, json=content, timeout=_SECONDS)
    except requests.RequestException as error:
        raise StartError(f"The app does not answer ({type(error).__name__}).") from error
