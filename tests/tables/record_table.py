"""`make record-table`: record the table of this version, which each later version must read."""

from chalicelib import VERSION
from deploy.stage import PROJECT
from tests.support.servers.stand_ins import StandIns
from tests.tables.recording import FOLDER, record
from tools.release.checks import tag_of
from tools.release.repository import Repository


def test_the_table_is_recorded_of_a_version_that_is_not_released(stand_ins: StandIns) -> None:
    tag = tag_of(VERSION)
    assert not Repository(PROJECT).has_tag(tag), f"{tag} is a tag. Raise VERSION first."
    record(stand_ins).write(FOLDER / f"{VERSION}.json")
