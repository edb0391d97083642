"""Each recipe of `docs/sign-in.md`, with keys and tokens in the shapes of its provider."""

from collections.abc import Iterator

import pytest

from chalicelib import VERSION
from chalicelib.adapters.oidc import TokenVerifier
from chalicelib.auth_settings import read_issuers
from chalicelib.errors import Unauthenticated
from tests.support.sign_in.publisher import Publisher, published
from tests.support.sign_in.recipes import recipes
from tests.support.sign_in.shapes import SHAPES, Shape


@pytest.fixture(scope="module", params=SHAPES, ids=lambda shape: shape.recipe)
def publisher(request: pytest.FixtureRequest) -> Iterator[Publisher]:
    shape: Shape = request.param
    with published(shape, recipes()[shape.recipe]) as running:
        yield running


@pytest.fixture(scope="module")
def verifier(publisher: Publisher) -> TokenVerifier:
    problems: list[str] = []
    issuers = read_issuers(publisher.settings, problems)
    assert problems == []
    return TokenVerifier(issuers)


def test_the_recipe_accepts_its_providers_token(
    publisher: Publisher, verifier: TokenVerifier
) -> None:
    user = verifier.user(f"Bearer {publisher.bearer()}")

    assert (user.id, user.name, user.admin) == (
        publisher.shape.user_id,
        publisher.shape.name,
        False,
    )
    assert [path for path, _ in publisher.requests][-1] == publisher.shape.keys_path
    assert {agent for _, agent in publisher.requests} == {f"Roomkey/{VERSION}"}


def test_the_recipe_makes_an_admin(publisher: Publisher, verifier: TokenVerifier) -> None:
    assert verifier.user(f"Bearer {publisher.bearer(**publisher.shape.admin)}").admin


def test_the_recipe_refuses_its_providers_token_for_something_else(
    publisher: Publisher, verifier: TokenVerifier
) -> None:
    with pytest.raises(Unauthenticated):
        verifier.user(f"Bearer {publisher.bearer(**publisher.shape.wrong_audience)}")


def test_the_recipe_refuses_the_same_issuer_with_a_slash_more_or_less(
    publisher: Publisher, verifier: TokenVerifier
) -> None:
    issuer = publisher.identity.issuer
    other = issuer.removesuffix("/") if issuer.endswith("/") else f"{issuer}/"

    with pytest.raises(Unauthenticated):
        verifier.user(f"Bearer {publisher.bearer(iss=other)}")


def test_each_recipe_has_a_token_and_each_token_a_recipe() -> None:
    assert list(recipes()) == [shape.recipe for shape in SHAPES]
