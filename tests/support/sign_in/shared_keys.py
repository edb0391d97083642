from collections.abc import Mapping
from functools import cache

from stand_ins.identity.signing_keys import SigningKey, new_signing_keys


@cache
def shared_keys() -> Mapping[str, SigningKey]:
    """Return keys for many providers of a test run, because an RSA key takes time to make."""
    return new_signing_keys()
