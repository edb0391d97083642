"""The price of writing a seat. DynamoDB charges by the size of the room's item."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from botocore.session import Session

from app import build_app
from bench.canned_network import canned_network
from bench.figures.report import Row, Section
from bench.join_event import CREATED, LambdaContext, join_event
from bench.metered_dynamodb import MeteredDynamoDB, metered
from bench.surroundings import AWS_VARIABLES, Surroundings, room_of_alice
from chalicelib.adapters.dynamodb.room_items import room_item, session_item
from chalicelib.core.model.room import Room
from chalicelib.core.model.room_settings import MAX_PARTICIPANTS
from chalicelib.core.model.seats import Seats
from stand_ins.aws import resources
from tests.support.programs.dynamodb_local import running_dynamodb_local

TAKEN: Final = (1, 50, 250)


def section() -> Section:
    """Count the units of a join for several numbers of taken seats."""
    os.environ |= AWS_VARIABLES
    around = Surroundings()
    with (
        canned_network(around.answers()),
        running_dynamodb_local() as url,
        metered(url) as (meter, metered_url),
    ):
        client: Any = Session().create_client("dynamodb", endpoint_url=url)
        table = resources.create_table("bench", client)
        for taken in TAKEN:
            room = room_with_seats(taken)
            for item in (room_item(room), session_item(room)):
                client.put_item(TableName=table, Item=item)
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = metered_url
        app, bearer = build_app(around.settings(table)), around.bearer()

        def join(room: str) -> None:
            answer = app(json.loads(json.dumps(join_event(room, bearer))), LambdaContext())
            if answer["statusCode"] != CREATED:
                raise RuntimeError(answer["body"])

        return Section("A join of a capped room", [_row(taken, join, meter) for taken in TAKEN])


def room_with_seats(taken: int) -> Room:
    """Build a room with this number of taken seats, one of which is Alice's."""
    room = room_of_alice(f"seats-{taken}")
    users = ["alice", *(f"auth0|{number:024x}" for number in range(1, taken))]
    seats = {
        user: {str(UUID(int=number)): room.created_at + timedelta(seconds=number)}
        for number, user in enumerate(users)
    }
    settings = replace(room.settings, max_participants=MAX_PARTICIPANTS)
    return replace(room, settings=settings, seats=Seats(seats))


def _row(taken: int, join: Callable[[str], None], meter: MeteredDynamoDB) -> Row:
    meter.calls.clear()
    join(f"seats-{taken}")
    reads = sum(call.read_units for call in meter.calls)
    return Row(
        what=f"{taken} of {MAX_PARTICIPANTS} seats taken",
        median=f"{sum(call.write_units for call in meter.calls):g} write units",
        remarks=f"{', '.join(call.operation for call in meter.calls)}; {reads:g} read units",
    )
