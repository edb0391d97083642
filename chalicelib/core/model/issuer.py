from dataclasses import dataclass
from typing import Final

ADMIN: Final = "roomkey:admin"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An identity provider whose bearer tokens are accepted.

    Args:
        url: The only accepted `iss`, to the letter.
        audiences: The accepted values of `aud`, or of `client_id` in Cognito's access tokens.
        keys_url: The address of its keys; None if its discovery document is to name it.
        user_prefix: The beginning of its users' ids, before `sub`. It keeps the users of different
            issuers apart. The first issuer has none.
        admin_claim: The claim that makes a user an admin, as names from the outside in. None for
            the usual claims: `scope`, `permissions` and `cognito:groups`.
        admin_value: The value of that claim that makes a user an admin.
    """

    url: str
    audiences: frozenset[str]
    keys_url: str | None = None
    user_prefix: str = ""
    admin_claim: tuple[str, ...] | None = None
    admin_value: str = ADMIN
