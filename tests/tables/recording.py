"""The recorded tables of all versions, and how one is recorded."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import time_machine

from tests.support.live import running_live
from tests.support.noon import NOON
from tests.support.servers.stand_ins import TABLE, StandIns
from tests.tables.scene import SETTINGS, Known, ask_all, play

FOLDER: Final = Path(__file__).with_name("recorded")
_IN_A_BATCH: Final = 25


@dataclass(frozen=True)
class Recording:
    """A table as a version has left it, with what that version said of it.

    Args:
        items: All items of the table, in DynamoDB's own JSON.
        known: What people outside the table know.
        answers: The answer to each question about it.
    """

    items: list[dict[str, Any]]
    known: Known
    answers: dict[str, Any]

    @property
    def shape(self) -> dict[str, dict[str, list[str]]]:
        """The kinds of items, with the names and the types of their attributes."""
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for item in self.items:
            kind = " ".join(item[key]["S"].partition("#")[0] for key in ("pk", "sk"))
            for name, value in item.items():
                found[kind][name].update(value)
        return {
            kind: {name: sorted(types) for name, types in sorted(attributes.items())}
            for kind, attributes in sorted(found.items())
        }

    def write(self, path: Path) -> None:
        """Write it, with a line for each item."""
        ordered = sorted(self.items, key=lambda each: (each["pk"]["S"], each["sk"]["S"]))
        lines = ",\n".join(json.dumps(each, sort_keys=True) for each in ordered)
        rest = {"known": asdict(self.known), "answers": self.answers}
        text = json.dumps(rest, indent=1).removesuffix("\n}")
        path.write_text(f'{text},\n "items": [\n{lines}\n ]\n}}\n', encoding="utf-8")

    def fill(self, stand_ins: StandIns) -> None:
        """Put its items into the empty table."""
        client = stand_ins.dynamodb()
        for start in range(0, len(self.items), _IN_A_BATCH):
            batch: list[Any] = self.items[start : start + _IN_A_BATCH]
            puts: list[Any] = [{"PutRequest": {"Item": each}} for each in batch]
            client.batch_write_item(RequestItems={TABLE: puts})


def record(stand_ins: StandIns) -> Recording:
    """Play the scene on an empty table, and return what it has left."""
    with (
        time_machine.travel(NOON, tick=False) as clock,
        running_live(stand_ins, **SETTINGS) as live,
    ):
        known = play(live, clock)
        return Recording(stand_ins.items(), known, ask_all(live))


def recorded(version: str) -> Recording:
    """Return the recording of a version."""
    content = json.loads((FOLDER / f"{version}.json").read_text(encoding="utf-8"))
    return Recording(content["items"], Known(**content["known"]), content["answers"])
