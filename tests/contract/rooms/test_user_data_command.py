"""`make user-data`, on a table with users in it."""

import io
import json
import stat
from pathlib import Path

import pytest

from chalicelib.core.support.audit import AuditAction, AuditEntry
from chalicelib.core.support.metrics import recording
from chalicelib.settings import Settings
from deploy.errors import DeployError
from deploy.user_data import UserData
from tests.contract.rooms.test_user_data import ANN, fill
from tests.support.servers.stand_ins import TABLE
from tests.support.stores.engines import Engine

SETTINGS = {
    "ROOMS_TABLE": TABLE,
    "OPENTOK_SECRET_ID": "roomkey/test/opentok",
    "AUTH_ISSUER": "https://issuer.example.com",
    "AUTH_AUDIENCE": "roomkey",
}


@pytest.fixture
def data(engine: Engine) -> UserData:
    fill(engine.stores)
    return UserData(engine.client, Settings.from_env(SETTINGS))


def test_a_user_is_written_to_a_file_that_only_its_owner_reads_and_is_erased(
    data: UserData, engine: Engine, tmp_path: Path
) -> None:
    file, out = tmp_path / "ann.json", io.StringIO()
    with recording() as recorded:
        data.show(ANN, file, out)
    assert [(each.action, each.subject) for each in recorded if isinstance(each, AuditEntry)] == [
        (AuditAction.USER_DATA_READ, ANN)
    ]
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    held = json.loads(file.read_text())
    assert {each["kind"] for each in held["items"]} == {
        "room",
        "session",
        "connection",
        "invitation",
        "waiting",
        "usage",
        "quota",
    }
    assert out.getvalue() == f"{file}: 7 records and 0 recordings\n"
    with recording() as recorded:
        data.erase(ANN, out)
    assert [(each.action, each.subject) for each in recorded if isinstance(each, AuditEntry)] == [
        (AuditAction.ERASURE_REQUESTED, ANN)
    ]
    assert "6 records were erased." in out.getvalue()
    assert "Backups of the table stay for 35 days." in out.getvalue()
    again = io.StringIO()
    data.show(ANN, None, again)
    after = json.loads(again.getvalue())
    assert [each["kind"] for each in after["items"]] == ["quota"]
    assert after["erasure"]["state"] == "running"
    ends_by_itself = ("user#", "erasures")
    left = [item for item in engine.items() if not item["pk"].startswith(ends_by_itself)]
    assert ANN not in repr(left)
    assert f"{ANN}'s name" not in repr(left)


@pytest.mark.parametrize("user_id", ["", "a\nb", "x" * 256, "erased:abc"])
def test_what_is_no_users_id_is_refused(user_id: str, engine: Engine) -> None:
    with pytest.raises(DeployError, match="ID is"):
        UserData(engine.client, Settings.from_env(SETTINGS)).erase(user_id, io.StringIO())
