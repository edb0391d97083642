"""The planned mishaps of the next callbacks."""

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

from stand_ins.opentok.callbacks.delivery import Delivery

Order = Literal["hold", "forward", "reverse", "shuffle"]
_REORDERED: Mapping[Order, Callable[[list[Delivery], int], list[Delivery]]] = MappingProxyType(
    {
        "forward": lambda held, _seed: held,
        "reverse": lambda held, _seed: held[::-1],
        "shuffle": lambda held, seed: random.Random(seed).sample(held, len(held)),
    }
)


class CallbackPlan(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """The body of `POST /sim/callbacks`; a field that is left out changes nothing.

    Args:
        drop: The number of next callbacks that are not sent at all.
        duplicate: The number of next callbacks that are sent twice: the same body, each time
            under a signature of its own.
        unsigned: The number of next callbacks whose first attempt has no signature.
        order: `hold` keeps callbacks back from now on. `forward`, `reverse` and `shuffle` send
            the held callbacks in that order, and all further callbacks as they come.
        seed: The seed of `shuffle`.
    """

    drop: int | None = None
    duplicate: int | None = None
    unsigned: int | None = None
    order: Order | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        counts = (self.drop, self.duplicate, self.unsigned)
        if any(count is not None and count < 0 for count in counts):
            raise ValueError("drop, duplicate and unsigned are counts, from 0")
        if self.order is None and all(count is None for count in counts):
            raise ValueError("say at least one of drop, duplicate, unsigned and order")


class PlannedMishaps:
    """The plans so far, and the held callbacks. Not safe under threads."""

    def __init__(self) -> None:
        self._left = {"drop": 0, "duplicate": 0, "unsigned": 0}
        self.holding = False
        self.held: list[Delivery] = []

    def plan(self, wanted: CallbackPlan) -> list[Delivery]:
        """Follow this plan from now on, and return the held callbacks that are to be sent now."""
        for name in self._left:
            count = getattr(wanted, name)
            if count is not None:
                self._left[name] = count
        if wanted.order is None:
            return []
        self.holding = wanted.order == "hold"
        if self.holding:
            return []
        released, self.held = _REORDERED[wanted.order](self.held, wanted.seed), []
        return released

    def strikes(self, mishap: Literal["drop", "duplicate", "unsigned"]) -> bool:
        """Return True if the next callback meets this mishap, which is then used up."""
        if not self._left[mishap]:
            return False
        self._left[mishap] -= 1
        return True
