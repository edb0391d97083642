"""The command `make sign-in-check`: what the issuers publish, and one bearer token."""

import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPException
from typing import Final
from urllib.error import HTTPError, URLError

from jwt import PyJWK, PyJWTError

from chalicelib.adapters.issuer_documents import discovery_url, fetch_document, keys_url_in
from chalicelib.adapters.oidc import ALGORITHMS, FETCH_SECONDS, IssuerKeys, KeysUnavailable
from chalicelib.auth_settings import read_issuers
from chalicelib.core.model.issuer import Issuer
from chalicelib.core.support.deadline import Deadline
from deploy.errors import DeployError
from deploy.sign_in.bearer import BearerJudgment

_LONGEST_FETCH_SECONDS: Final = 10.0
_ATTEMPTS: Final = 3
"""A fetch of the keys is tried so often, because the service's own limit is short."""
_SEE_THE_PAGE: Final = "docs/sign-in.md has a recipe for each provider. Then run this again."


def check_sign_in(environment: Mapping[str, str], bearer: str | None) -> None:
    """Check the settings of sign-in, what the issuers publish, and a bearer token if there is one.

    Raises:
        DeployError: A setting is wrong, or users could not sign in.
    """
    problems: list[str] = []
    issuers = read_issuers(environment, problems)
    if problems:
        raise DeployError(
            f"The settings of sign-in are wrong: {'; '.join(problems)}.", _SEE_THE_PAGE
        )
    print("Sign-in:")
    SignInCheck(issuers, lambda line: print(f"      {line}", flush=True)).run(bearer)


class SignInCheck:
    """A check that users can sign in with these issuers.

    Args:
        issuers: The stage's issuers.
        say: Prints a line.
        keys_of: Returns an issuer's keys, which fetch nothing yet.
    """

    def __init__(
        self,
        issuers: Sequence[Issuer],
        say: Callable[[str], None],
        keys_of: Callable[[Issuer], IssuerKeys] = IssuerKeys,
    ) -> None:
        self._issuers = issuers
        self._say = say
        self._keys = {each.url: keys_of(each) for each in issuers}

    def run(self, bearer: str | None) -> None:
        """Fetch what each issuer publishes, and judge the bearer token if there is one.

        Raises:
            DeployError: Users could not sign in, or this token would be refused.
        """
        faults = [fault for each in self._issuers if (fault := self._fault_of(each)) is not None]
        if faults:
            raise DeployError(" ".join(faults), _SEE_THE_PAGE)
        if bearer:
            BearerJudgment(self._issuers, self._keys, self._say).judge(bearer)
        else:
            self._say("bearer token: not checked; set BEARER to a user's token to check one")

    def _fault_of(self, issuer: Issuer) -> str | None:
        """Return what is wrong with what an issuer publishes, in a sentence, or None."""
        keys_url = issuer.keys_url
        try:
            if keys_url is None:
                document = _fetched(discovery_url(issuer.url))
                keys_url = keys_url_in(document, issuer.url)
                self._say(f"{discovery_url(issuer.url)}: names this issuer")
            _fetched(keys_url)
            keys = _fetched_as_the_service_does(self._keys[issuer.url])
        except _Unfetched as error:
            return f"{error}{_guess(issuer, str(error))}"
        except (ValueError, TimeoutError) as error:
            return f"{error}."
        except PyJWTError as error:
            return f"The issuer's keys cannot be used: {error}."
        usable = [each for each in keys if _can_prove(each)]
        if not usable:
            return (
                f"{keys_url} has no key for {' or '.join(ALGORITHMS)} with a name (`kid`) and, for "
                "RSA, at least 2,048 bits."
            )
        self._say(f"{keys_url}: {len(usable)} keys for {' and '.join(_algorithms(usable))}")
        return None if issuer.keys_url is None else self._other_name_of(issuer)

    def _other_name_of(self, issuer: Issuer) -> str | None:
        """Return a fault if an issuer, whose keys come from the settings, has another name."""
        url = discovery_url(issuer.url)
        try:
            document = _fetched(url)
            named = document.get("issuer") if isinstance(document, dict) else None
        except _Unfetched:
            named = None
        if isinstance(named, str) and named != issuer.url:
            return (
                f"{url} names the issuer {named!r}, and AUTH_ISSUER is {issuer.url!r}. They must "
                "be the same to the letter, whatever AUTH_JWKS_URL is."
            )
        self._say(
            f"{url}: names this issuer"
            if named
            else f"{url}: cannot be read, so only a token shows whether AUTH_ISSUER is right"
        )
        return None


class _Unfetched(Exception):
    """A document that cannot be fetched. The text is a sentence."""


def _fetched(url: str) -> object:
    try:
        return fetch_document(url, Deadline(_LONGEST_FETCH_SECONDS))
    except HTTPError as error:
        redirected = HTTPStatus.MULTIPLE_CHOICES <= error.code < HTTPStatus.BAD_REQUEST
        hint = " Redirections are not followed." if redirected else ""
        raise _Unfetched(f"{url} answers {error.code} {error.reason}.{hint}") from error
    except URLError as error:
        raise _Unfetched(f"{url} cannot be reached: {error.reason}.") from error
    except TimeoutError as error:
        raise _Unfetched(f"{url} does not answer within {_LONGEST_FETCH_SECONDS:.0f} s.") from error
    except (OSError, HTTPException) as error:
        cause = str(error) or type(error).__name__
        raise _Unfetched(f"{url} cannot be reached: {cause}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _Unfetched(f"{url} is no JSON.") from error
    except ValueError as error:
        raise _Unfetched(f"{url} cannot be read: {error}.") from error


def _fetched_as_the_service_does(keys: IssuerKeys) -> Sequence[PyJWK]:
    """Return an issuer's keys, fetched in the service's own time.

    Raises:
        KeysUnavailable: The keys are of no use.
        TimeoutError: Each attempt failed.
    """
    for _ in range(_ATTEMPTS):
        try:
            return keys.get_signing_keys()
        except KeysUnavailable as error:
            if not isinstance(error.__cause__, OSError | HTTPException):
                raise
            late = error
        keys.pause_ends = 0.0
    raise TimeoutError(
        f"{keys.issuer.url} publishes its keys, but in {_ATTEMPTS} attempts they could not be "
        f"fetched within {FETCH_SECONDS:.0f} s, as the service needs ({late}). Check this "
        "machine's network"
    )


def _can_prove(key: PyJWK) -> bool:
    """Return True if the service accepts tokens that this key has signed."""
    short = key.Algorithm.check_key_length(key.key) is not None
    return key.algorithm_name in ALGORITHMS and isinstance(key.key_id, str) and not short


def _guess(issuer: Issuer, fault: str) -> str:
    """Return what is probably wrong with the settings."""
    if issuer.keys_url is not None:
        return " AUTH_JWKS_URL must be the address of the provider's keys."
    if "openid-configuration answers 4" in fault:
        return (
            f" So {issuer.url} is no issuer: it must be the `iss` of your tokens. If the provider "
            "has no discovery document, set AUTH_JWKS_URL."
        )
    return ""


def _algorithms(keys: Sequence[PyJWK]) -> list[str]:
    return sorted({each.algorithm_name for each in keys})
