"""Audit entries: one for each thing that somebody may have to answer for."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.core.model.connection import Connection, Ending, EndReport
from chalicelib.core.model.media import MediaKind
from chalicelib.core.model.room_settings import ArchiveMode
from chalicelib.core.rooms.ban_users import ban_id_of
from chalicelib.core.rooms.room_patch import SetPatch
from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.metrics import recording
from chalicelib.errors import ConnectionNotFound, NotAnAdmin, ProviderUnavailable
from tests.fakes.service import ALICE, BOB, CAROL, ROOT, Service
from tests.fakes.studio import Studio
from tests.support.noon import NOON

Entries = Callable[[], list[AuditEntry]]


@pytest.fixture
def entries() -> Iterator[Entries]:
    """Return the entries since the last call."""
    with recording() as recorded:

        def read() -> list[AuditEntry]:
            found = [each for each in recorded if isinstance(each, AuditEntry)]
            recorded.clear()
            return found

        yield read


def of(action: AuditAction, found: list[AuditEntry]) -> AuditEntry:
    (entry,) = (each for each in found if each.action is action)
    return entry


def test_a_join_and_a_visit_have_an_entry_for_each_step(service: Service, entries: Entries) -> None:
    room = service.open()
    entries()
    connection_id = service.enter(BOB)
    service.clock.forward(seconds=90)
    service.leave(connection_id)

    found = entries()
    assert [each.action for each in found] == ["admission", "arrival", "departure"]
    assert {(each.subject, each.room, each.session_id) for each in found} == {
        ("bob", "standup", room.session_id)
    }
    assert [each.connection_id for each in found] == [None, connection_id, connection_id]
    assert found[0].details == {"role": "publisher"}
    assert found[2].details == {"seconds": 90, "ending": "left"}


def test_a_visit_whose_end_was_lost_ends_when_that_is_found_out(
    service: Service, entries: Entries
) -> None:
    service.open()
    connection_id = service.enter(BOB)
    service.leave_unreported(connection_id)
    service.clock.forward(seconds=600)
    service.reconcile()

    departure = of(AuditAction.DEPARTURE, entries())
    assert (departure.subject, departure.connection_id) == ("bob", connection_id)
    assert departure.details == {"seconds": 600, "ending": "lost", "reconciled": True}


@pytest.mark.parametrize("limit", [None, 5])
def test_a_departure_names_the_user_though_the_report_of_the_end_does_not(
    service: Service, entries: Entries, limit: int | None
) -> None:
    service.open(max_participants=limit)
    connection_id = service.enter(BOB)
    service.leave_unreported(connection_id)
    tracker = service.use_cases.session_tracker
    session = tracker.find(service.room().session_id, service.deadline)
    assert session is not None
    entries()
    report = EndReport(NOON, Ending.LEFT, Connection(connection_id, NOON))
    tracker.on_disconnected(session, connection_id, NOON, service.deadline, report)

    assert of(AuditAction.DEPARTURE, entries()).subject == "bob"


def test_a_client_that_the_rules_reject_has_an_entry_with_the_reason(
    service: Service, entries: Entries
) -> None:
    service.open()
    token = service.join(BOB).token.text
    service.ban("bob")
    service.connect(token)

    rejection = of(AuditAction.REJECTION, entries())
    assert (rejection.subject, rejection.details) == ("bob", {"reason": "Banned"})


def test_bans_and_removals_name_the_user(service: Service, entries: Entries) -> None:
    service.open()
    connection_id = service.enter(BOB)
    entries()

    service.use_cases.moderate.disconnect(ALICE, "standup", connection_id, service.deadline)
    service.ban("bob")
    service.use_cases.ban_users.lift(ALICE, "standup", ban_id_of("bob"), service.deadline)

    found = entries()
    assert [(each.action, each.subject) for each in found] == [
        ("removal", "bob"),
        ("ban", "bob"),
        ("ban_lifted", "bob"),
    ]
    assert found[0].connection_id == connection_id


def test_mutes_say_what_was_muted(service: Service, entries: Entries) -> None:
    service.open()
    connection_id = service.enter(BOB)
    stream_id = service.opentok.publish(connection_id)
    service.deliver()
    entries()

    moderate = service.use_cases.moderate
    moderate.mute_stream(ALICE, "standup", stream_id, service.deadline)
    moderate.mute_all(ALICE, "standup", [stream_id], service.deadline, active=True)

    one, every = entries()
    assert (one.action, one.details) == ("mute", {"stream": stream_id})
    assert (one.subject, one.connection_id) == ("bob", connection_id)
    assert every.details == {"active": True, "excluded": [stream_id]}


def test_a_mute_of_a_stream_that_is_not_on_record_names_nobody(
    service: Service, entries: Entries
) -> None:
    service.open()
    stream_id = service.opentok.publish(service.enter(BOB))
    service.opentok.events.clear()
    entries()
    mute = service.use_cases.moderate.mute_stream
    mute(ALICE, "standup", stream_id, service.deadline)
    service.table.faults.fail_next("page")
    mute(ALICE, "standup", stream_id, service.deadline)
    assert [(each.action, each.subject) for each in entries()] == [("mute", None)] * 2


def test_a_new_room_has_an_entry_with_the_rules_that_it_begins_with(
    service: Service, entries: Entries
) -> None:
    room = service.open(members=frozenset({"bob"}), max_participants=5)
    service.open(members=frozenset({"bob"}), max_participants=5)
    (made,) = entries()
    assert (made.action, made.room, made.session_id) == (
        AuditAction.ROOM_CREATED,
        "standup",
        room.session_id,
    )
    assert made.details == {
        "changes": {
            "members": {"from": None, "to": 1},
            "moderators": {"from": 0, "to": 1},
            "maxParticipants": {"from": None, "to": 5},
        }
    }
    assert made.users == {
        "members_added": ("bob",),
        "members_removed": (),
        "moderators_added": ("alice",),
        "moderators_removed": (),
    }


def test_the_name_for_recordings_is_in_no_entry(service: Service, entries: Entries) -> None:
    service.open(archive_mode=ArchiveMode.ALWAYS, archive_name="Bob Example, diagnosis")
    (made,) = entries()
    assert "Bob" not in str(made)
    assert made.details["changes"] == {
        "archiveMode": {"from": "manual", "to": "always"},
        "archiveName": {"from": False, "to": True},
        "moderators": {"from": 0, "to": 1},
    }


def test_a_room_that_a_join_makes_or_whose_name_is_used_again_has_an_entry(
    service: Service, entries: Entries
) -> None:
    service.join(ALICE, "planning")
    service.close("planning")
    service.open("planning")
    assert [each.action for each in entries()] == [
        "room_created",
        "admission",
        "room_deleted",
        "room_created",
    ]


def test_who_reads_and_who_erases_a_users_data_is_in_the_audit_log(
    service: Service, entries: Entries
) -> None:
    service.open(user=BOB)
    use_cases, when = service.use_cases.user_data(), service.deadline
    entries()
    use_cases.show.page(ROOT, "bob", 0, when)
    with pytest.raises(NotAnAdmin):
        use_cases.show.page(CAROL, "bob", 0, when)
    for _ in range(2):
        use_cases.erase.request(ROOT, "bob", when)
    for _ in range(2):
        service.use_cases.scheduled().erase_users.run(when)
        service.clock.forward(minutes=1)

    found = entries()
    assert [each.action for each in found] == [
        "user_data_read",
        "erasure_requested",
        "erasure_requested",
        "user_erased",
    ]
    assert {each.subject for each in found} == {"bob"}
    assert found[-1].details == {"records": 2}


def test_a_change_of_rules_says_from_what_to_what(service: Service, entries: Entries) -> None:
    service.open(members=frozenset({"bob"}))
    entries()

    members = SetPatch(add=frozenset({"carol"}), remove=frozenset({"bob"}))
    service.change({"max_participants": 5}, locked=True, members=members)

    (change,) = entries()
    assert change.action is AuditAction.RULE_CHANGE
    assert change.details == {
        "changes": {
            "locked": {"from": False, "to": True},
            "members": {"from": 1, "to": 1},
            "maxParticipants": {"from": None, "to": 5},
        }
    }
    assert change.users == {"members_added": ("carol",), "members_removed": ("bob",)}


def test_a_change_that_changes_nothing_has_no_entry(service: Service, entries: Entries) -> None:
    service.open()
    entries()
    service.change(locked=False)
    assert entries() == []


def test_invitations_and_deletions_have_entries(service: Service, entries: Entries) -> None:
    service.open()
    entries()
    invited = service.invite(max_uses=1)
    service.come(invited.code)
    service.revoke(invited.invitation)
    service.close()
    service.close()

    made, admission, revoked, deleted = entries()
    invitation = invited.invitation.id
    assert (made.action, made.details["invitation"]) == ("invitation", invitation)
    assert made.details["max_uses"] == 1
    assert invited.code not in str(made)
    assert admission.details["invitation"] == invitation
    assert (revoked.action, revoked.details) == ("invitation_revoked", {"invitation": invitation})
    assert deleted.action is AuditAction.ROOM_DELETED


def test_decisions_of_the_waiting_room_name_the_user(service: Service, entries: Entries) -> None:
    service.open(waiting_room=True)
    entries()
    assert service.refusal(BOB) == "must_wait"
    moderate = service.use_cases.moderate_waiting
    (waiting,) = moderate.waiting(ALICE, "standup", service.deadline)
    moderate.approve(ALICE, "standup", waiting.id, service.deadline)
    service.join(BOB)
    assert service.refusal(CAROL) == "must_wait"
    (waiting,) = moderate.waiting(ALICE, "standup", service.deadline)
    moderate.turn_away(ALICE, "standup", waiting.id, service.deadline)

    assert [(each.action, each.subject) for each in entries()] == [
        ("approval", "bob"),
        ("admission", "bob"),
        ("turned_away", "carol"),
    ]


def test_a_client_that_no_callback_reported_arrives_when_it_is_found(
    service: Service, entries: Entries
) -> None:
    service.open()
    connection_id = service.connect_unreported(service.join(BOB).token.text)
    service.clock.forward(seconds=600)
    service.reconcile()

    arrival = of(AuditAction.ARRIVAL, entries())
    assert (arrival.subject, arrival.connection_id) == (None, connection_id)
    assert arrival.details == {"since": NOON.isoformat(), "reconciled": True}


def test_a_recording_has_entries_from_its_start_to_its_deletion(
    service: Service, entries: Entries
) -> None:
    service.open()
    service.enter(BOB)
    entries()
    media, when = service.use_cases.media(), service.deadline
    _, archive = media.record_archives.start(ALICE, "standup", {}, when)
    media.record_archives.stop(ALICE, "standup", archive.id, when)
    service.platforms.objects(MediaKind.ARCHIVE).move(
        archive.id, "available", url="https://opentok.test/archive.mp4?signature=1"
    )
    service.deliver()
    media.read_archives.one(BOB, "standup", archive.id, when)
    media.read_archives.download_url(BOB, "standup", archive.id, when)
    media.record_archives.delete(ALICE, "standup", archive.id, when)
    by_hand = [each for each in entries() if "reported" not in each.details]

    assert [each.action for each in by_hand] == [
        "recording_started",
        "recording_stopped",
        "recording_read",
        "recording_read",
        "recording_deleted",
    ]
    assert {each.details["archive"] for each in by_hand} == {archive.id}
    assert "signature" not in str(by_hand)


def test_a_start_of_a_recording_whose_answer_is_lost_has_an_entry_that_names_its_actor(
    service: Service, entries: Entries
) -> None:
    studio = Studio(service)
    entries()
    service.opentok.faults.lose_answer("archive.start")
    assert studio.refusal(MediaKind.ARCHIVE) == "start_unconfirmed"
    (entry,) = entries()
    assert (entry.action, entry.room) == (AuditAction.RECORDING_STARTED, "standup")
    assert entry.details == {"unconfirmed": True}


@pytest.mark.parametrize("is_lost", [True, False])
def test_an_act_to_which_opentoks_answer_is_lost_has_an_entry_that_names_its_subject(
    service: Service, entries: Entries, *, is_lost: bool
) -> None:
    service.open()
    bob = service.enter(BOB)
    stream_id = service.opentok.publish(bob)
    service.deliver()
    moderate, archives = service.use_cases.moderate, service.use_cases.media().record_archives
    _, archive = archives.start(ALICE, "standup", {}, service.deadline)
    acts: dict[str, Callable[[], object]] = {
        "mute_stream": lambda: moderate.mute_stream(ALICE, "standup", stream_id, service.deadline),
        "mute_all": lambda: moderate.mute_all(ALICE, "standup", [], service.deadline, active=True),
        "archive.stop": lambda: archives.stop(ALICE, "standup", archive.id, service.deadline),
        "disconnect": lambda: moderate.disconnect(ALICE, "standup", bob, service.deadline),
    }
    entries()
    for call, act in acts.items():
        if is_lost:
            service.opentok.faults.lose_answer(call)
        else:
            failure = ProviderUnavailable("busy", not_performed=True)
            service.opentok.faults.fail_next(call, failure)
        with pytest.raises(ProviderUnavailable):
            act()

    expected: list[tuple[str, str | None, dict[str, object]]] = [
        ("mute", "bob", {"stream": stream_id}),
        ("mute", None, {"active": True, "excluded": []}),
        ("recording_stopped", None, {"archive": archive.id}),
        ("removal", "bob", {}),
    ]
    assert [(each.action, each.subject, each.details) for each in entries()] == [
        (action, subject, {**details, "unconfirmed": True})
        for action, subject, details in expected
        if is_lost
    ]


def test_a_removal_of_a_client_that_is_gone_at_opentok_is_unconfirmed(
    service: Service, entries: Entries
) -> None:
    service.open()
    connection_id = service.enter(BOB)
    service.leave_unreported(connection_id)
    entries()
    disconnect = service.use_cases.moderate.disconnect
    for gone in (connection_id, "nobodys"):
        with pytest.raises(ConnectionNotFound):
            disconnect(ALICE, "standup", gone, service.deadline)
    (entry,) = entries()
    assert (entry.action, entry.subject) == (AuditAction.REMOVAL, "bob")
    assert entry.details == {"unconfirmed": True}


def test_a_recording_that_is_deleted_after_its_days_has_an_entry(
    service: Service, entries: Entries
) -> None:
    studio = Studio(service)
    studio.keep_for(2)
    archive_id = studio.archived()
    entries()
    service.clock.forward(seconds=2 * 24 * 60 * 60)
    service.delete_expired_archives()

    deletion, reported = entries()
    assert deletion.action is reported.action is AuditAction.RECORDING_DELETED
    assert (deletion.room, deletion.details) == ("standup", {"archive": archive_id})
    assert reported.details == {"archive": archive_id, "reported": True}


def test_a_recording_whose_callbacks_are_lost_has_entries_when_it_is_found(
    service: Service, entries: Entries
) -> None:
    room = service.open(archive_mode=ArchiveMode.ALWAYS)
    service.enter(BOB)
    entries()
    archives = service.platforms.objects(MediaKind.ARCHIVE)
    archive_id = archives.begin(room.session_id, automatic=True)

    def look_a_while_later() -> list[AuditEntry]:
        service.opentok.events.clear()
        service.clock.forward(minutes=11)
        service.reconcile()
        return entries()

    for status, action in (
        ("started", AuditAction.RECORDING_STARTED),
        ("available", AuditAction.RECORDING_STOPPED),
    ):
        archives.move(archive_id, status)
        (entry,) = look_a_while_later()
        assert (entry.action, entry.room) == (action, "standup")
        assert entry.details == {"archive": archive_id, "reported": True, "reconciled": True}
        assert look_a_while_later() == []


def test_a_whole_recording_that_no_callback_reported_has_both_entries(
    service: Service, entries: Entries
) -> None:
    room = service.open(archive_mode=ArchiveMode.ALWAYS)
    service.enter(BOB)
    archives = service.platforms.objects(MediaKind.ARCHIVE)
    archives.move(archives.begin(room.session_id, automatic=True), "stopped")
    service.opentok.events.clear()
    entries()
    service.clock.forward(minutes=2)
    service.reconcile()
    assert [each.action for each in entries()] == ["recording_started", "recording_stopped"]


def test_a_recording_that_opentok_no_longer_has_was_deleted_there(
    service: Service, entries: Entries
) -> None:
    studio = Studio(service)
    service.clock.forward(minutes=2)
    archive = studio.start(MediaKind.ARCHIVE)
    studio.objects(MediaKind.ARCHIVE).unlisted.add(archive.id)
    studio.objects(MediaKind.ARCHIVE).denied.add(archive.id)
    entries()
    service.clock.forward(minutes=3)
    service.reconcile()
    assert [each.action for each in entries()] == ["recording_stopped", "recording_deleted"]


@pytest.mark.parametrize("status", ["available", "uploaded", "failed"])
def test_a_recording_whose_end_is_first_reported_by_its_file_has_an_entry(
    service: Service, entries: Entries, status: str
) -> None:
    studio = Studio(service)
    archive = studio.start(MediaKind.ARCHIVE)
    studio.objects(MediaKind.ARCHIVE).move(archive.id, "stopped")
    service.opentok.events.clear()
    entries()
    for _ in range(2):
        studio.objects(MediaKind.ARCHIVE).move(archive.id, status)
        service.deliver()
    stop = of(AuditAction.RECORDING_STOPPED, entries())
    assert stop.details == {"archive": archive.id, "reported": True}


def test_a_deletion_at_opentok_has_an_entry(service: Service, entries: Entries) -> None:
    archive_id = Studio(service).archived()
    service.deliver()
    entries()
    service.platforms.objects(MediaKind.ARCHIVE).move(archive_id, "deleted")
    service.deliver()
    deletion = of(AuditAction.RECORDING_DELETED, entries())
    assert deletion.details == {"archive": archive_id, "reported": True}


def test_a_recording_that_the_service_stops_has_an_entry_without_a_callback(
    service: Service, entries: Entries
) -> None:
    for how in ("deleted", "too-long"):
        service.open(how)
        service.enter(BOB, how)
        _, archive = service.use_cases.media().record_archives.start(
            ALICE, how, {}, service.deadline
        )
        entries()
        if how == "deleted":
            service.close(how)
        else:
            service.opentok.events.clear()
            service.clock.forward(hours=13)
            service.reconcile()
        stop = next(each for each in entries() if each.action is AuditAction.RECORDING_STOPPED)
        assert (stop.room, stop.details) == (how, {"archive": archive.id})
        service.opentok.events.clear()


def test_an_automatic_recording_starts_and_stops_as_opentok_reports(
    service: Service, entries: Entries
) -> None:
    room = service.open(archive_mode=ArchiveMode.ALWAYS)
    service.enter(BOB)
    entries()
    archives = service.platforms.objects(MediaKind.ARCHIVE)
    archive_id = archives.begin(room.session_id, automatic=True)
    archives.move(archive_id, "stopped")
    service.deliver()

    assert [(each.action, each.details) for each in entries()] == [
        ("recording_started", {"archive": archive_id, "reported": True}),
        ("recording_stopped", {"archive": archive_id, "reported": True}),
    ]
