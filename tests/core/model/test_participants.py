"""The user whom a connection's data names. Nobody passes for somebody or something else."""

import json

import pytest

from chalicelib.core.model.connection import Participant, Service
from chalicelib.core.model.user import Role


@pytest.mark.parametrize("service", list(Service))
def test_a_services_data_is_read_back_and_shaped_like_a_users(service: Service) -> None:
    data = Participant.service_data(service, Role.PUBLISHER)
    assert Participant.of(data) == Participant(role=Role.PUBLISHER, service=service)
    assert {"userId", "name", "role", "data"} < json.loads(data).keys()


@pytest.mark.parametrize(
    "data",
    [
        '{"userId":"mallory","name":null,"role":"publisher","data":"{\\"service\\":\\"sip\\"}"}',
        '{"userId":"mallory","service":"sip"}',
        "username=x&userId=mallory&service=sip",
    ],
)
def test_a_user_does_not_pass_for_a_service(data: str) -> None:
    participant = Participant.of(data)
    assert (participant.user_id, participant.service) == ("mallory", None)


@pytest.mark.parametrize(
    "data",
    [
        '{"userId":"\\ud800"}',
        "username=x&userId=\ud800",
        '{"userId":null,"service":"fax"}',
        '{"userId":null,"service":["sip"]}',
        '{"userId":""}',
        '{"userId":"bob\\n"}',
        "[]",
    ],
)
def test_data_that_is_not_ours_names_nobody(data: str) -> None:
    assert Participant.of(data) == Participant()


def test_a_name_that_cannot_be_written_is_left_out() -> None:
    assert Participant.of('{"userId":"bob","name":"\\ud800"}') == Participant("bob")


def test_a_long_name_is_cut_on_record() -> None:
    data = json.dumps({"userId": "bob", "name": "\u20ac" * 200})
    assert Participant.of(data).name == "\u20ac" * 85
