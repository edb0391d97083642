from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.packed_ids import packed, unpacked

_HEXADECIMAL = st.text("0123456789abcdef", min_size=24, max_size=24)
_IDS = st.one_of(
    st.text("ab~-|", max_size=40),
    st.uuids().map(str),
    st.builds("{}{}".format, st.text("a~|", max_size=3), st.uuids()),
    st.builds("{}{}".format, st.text("a~|", max_size=3), _HEXADECIMAL),
)


@given(_IDS)
@example("~")
@example("a~~")
@example("a~AAAAAAAAAAAAAAAAAAAAAA")
def test_an_id_comes_back_from_its_shorter_form(text: str) -> None:
    assert unpacked(packed(text)) == text


def test_ids_of_opentok_and_of_identity_providers_are_shorter() -> None:
    assert len(packed("8a5f7c8e-c7c3-4c6c-804b-bafe820f3d21")) == 23
    assert packed("auth0|5f7c8ec7c33c6c004bbafe82") == "auth0|~X3yOx8M8bABLuv6C"
    assert packed("bob") == "bob"
