import jwt
import pytest

from tests.support.gateway import Gateway
from tests.support.servers.stand_ins import API_SECRET, StandIns


@pytest.mark.usual_privacy
def test_a_join_answers_with_a_token_signed_with_the_secret_for_the_verified_user(
    gateway: Gateway, stand_ins: StandIns
) -> None:
    alice = stand_ins.identity.bearer("alice", name="Alice")

    reply = gateway.request("POST", "/rooms/Standup/tokens", bearer=alice)

    assert reply.status == 201
    claims = jwt.decode(reply.json["token"], API_SECRET, algorithms=["HS256"])
    assert claims["session_id"] == reply.json["sessionId"]
    assert claims["role"] == reply.json["role"] == "moderator"
    assert claims["connection_data"] == (
        '{"userId":"alice","name":"Alice","role":"moderator","data":null}'
    )
