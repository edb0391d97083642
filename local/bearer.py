"""`python -m local.bearer alice [--admin]`: a bearer token of the running stack."""

import argparse
import os
import sys

import requests

from local.ports import Ports, StartError, ports_of
from stand_ins.http.direct_session import direct_session


def fetch_bearer(ports: Ports, sub: str, *, admin: bool = False) -> str:
    """Return a bearer token for this user, valid for a day.

    Raises:
        StartError: No stack runs on these ports, or the stack refuses the user's name.
    """
    wanted = {"sub": sub, "admin": admin}
    try:
        with direct_session() as http:
            answer = http.post(f"{ports.identity_url}/token", json=wanted, timeout=10)
    except requests.RequestException as error:
        raise StartError(
            f"No Roomkey runs on port {ports.app}. Start it first: make run{ports.make_arguments}"
        ) from error
    if not answer.ok:
        raise StartError(f"No bearer token for {sub!r}: {answer.text}")
    token: str = answer.json()["token"]
    return token


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.bearer", description=__doc__)
    parser.add_argument("user", help="the user id, which becomes the token's `sub`")
    parser.add_argument("--admin", action="store_true", help="add the scope roomkey:admin")
    arguments = parser.parse_args()
    try:
        print(fetch_bearer(ports_of(os.environ), arguments.user, admin=arguments.admin))
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
