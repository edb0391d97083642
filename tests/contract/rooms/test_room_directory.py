"""The list of live rooms, on the fake and on DynamoDB."""

from tests.support.stores.engines import Database
from tests.support.stores.example_rooms import NOON, a_room, soon


def test_live_sessions_lead_to_their_rooms(database: Database) -> None:
    store, directory = database.stores.rooms, database.stores.directory
    standup, retro = a_room("Standup"), a_room("retro")
    for each in (standup, retro):
        store.create(each, None, soon())
    store.close(retro, NOON, soon())

    assert set(directory.live_sessions(soon())) == {standup.session_id}
    found = directory.rooms_of([standup.session_id, "no-such-session"], soon())
    assert [each.name for each in found] == ["Standup"]
    assert list(directory.rooms_of([], soon())) == []
