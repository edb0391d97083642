"""`make bearer-help` leads to a bearer token of an admin."""

import pytest

from chalicelib.auth_settings import read_issuers
from deploy.sign_in.bearer_help import bearer_help
from tests.support.sign_in.recipes import recipes


def helped(settings: dict[str, str]) -> str:
    problems: list[str] = []
    issuers = read_issuers(settings, problems)
    assert problems == []
    return "\n".join(bearer_help("prod", issuers))


@pytest.mark.parametrize("provider", sorted(recipes()))
def test_each_provider_with_a_recipe_is_known_by_its_issuer(provider: str) -> None:
    settings = recipes()[provider]
    said = helped(settings)
    assert said.startswith(f"{settings['AUTH_ISSUER']} ({provider})\n")
    assert f"More: docs/sign-in.md, {provider}." in said
    assert settings.get("AUTH_ADMIN_VALUE", "roomkey:admin") in said
    assert settings.get("AUTH_ADMIN_CLAIM", "scope, permissions or cognito:groups") in said
    assert settings["AUTH_AUDIENCE"] in said


def test_cognitos_users_become_admins_by_a_command_with_their_pool() -> None:
    settings = recipes()["Amazon Cognito"] | {"AUTH_ADMIN_VALUE": "Roomkey admins"}
    said = helped(settings)
    assert "--region eu-west-1 --user-pool-id eu-west-1_Ab12Cd34E" in said
    assert "--group-name 'Roomkey admins'" in said


def test_a_nested_claim_of_an_unknown_provider_is_named_and_the_token_checked() -> None:
    said = helped(
        {
            "AUTH_ISSUER": "https://login.example.com",
            "AUTH_AUDIENCE": "calls, other",
            "AUTH_ADMIN_CLAIM": "app.roles",
            "AUTH_ADMIN_VALUE": "boss",
        }
    )
    assert "An admin has boss in the claim app.roles." in said
    assert "for the audience calls or other." in said
    assert "BEARER=… make sign-in-check STAGE=prod" in said


def test_each_issuer_has_its_own_steps() -> None:
    first, second = recipes()["Auth0"], recipes()["Okta"]
    said = helped(first | {f"{name}_2": value for name, value in second.items()})
    assert said.index("(Auth0)") < said.index("(Okta)")
