import pytest

from chalicelib.core.model.user import Role, grant_role
from chalicelib.errors import RoleNotAllowed


@pytest.mark.parametrize("asked", Role)
def test_a_moderator_gets_any_role_they_ask_for(asked: Role) -> None:
    assert grant_role(asked, default=Role.SUBSCRIBER, moderates=True) is asked


def test_a_moderator_who_asks_for_nothing_moderates() -> None:
    assert grant_role(None, default=Role.PUBLISHER, moderates=True) is Role.MODERATOR


@pytest.mark.parametrize("default", [Role.SUBSCRIBER, Role.PUBLISHER, Role.PUBLISHER_ONLY])
def test_others_who_ask_for_nothing_get_the_rooms_role(default: Role) -> None:
    assert grant_role(None, default=default, moderates=False) is default


@pytest.mark.parametrize("default", [Role.SUBSCRIBER, Role.PUBLISHER, Role.PUBLISHER_ONLY])
def test_others_may_not_moderate(default: Role) -> None:
    with pytest.raises(RoleNotAllowed):
        grant_role(Role.MODERATOR, default=default, moderates=False)


@pytest.mark.parametrize("asked", [Role.PUBLISHER, Role.PUBLISHER_ONLY])
def test_others_may_not_publish_where_they_are_to_watch(asked: Role) -> None:
    with pytest.raises(RoleNotAllowed):
        grant_role(asked, default=Role.SUBSCRIBER, moderates=False)


@pytest.mark.parametrize(
    ("asked", "default"),
    [
        (Role.SUBSCRIBER, Role.SUBSCRIBER),
        (Role.SUBSCRIBER, Role.PUBLISHER),
        (Role.PUBLISHER_ONLY, Role.PUBLISHER),
        (Role.PUBLISHER, Role.PUBLISHER),
        (Role.PUBLISHER_ONLY, Role.PUBLISHER_ONLY),
    ],
)
def test_others_may_have_the_rooms_role_or_less(asked: Role, default: Role) -> None:
    assert grant_role(asked, default=default, moderates=False) is asked
