"""What is to go wrong with the next callbacks."""

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
    """What `POST /sim/callbacks` takes; what is left out stays as it was.

    Args:
        drop: the next so many callbacks are not sent at all.
        duplicate: the next so many are sent twice: the same body, each under a signature of
            its own.
        unsigned: the next so many are sent without their signature at the first attempt.
        order: `hold` keeps callbacks back from now on; `forward`, `reverse` and `shuffle` send
            what was kept back, in that order, and all further ones as they come.
        seed: what `shuffle` shuffles by.
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
    """The plans so far, and what is kept back by them. Not safe under threads."""

    def __init__(self) -> None:
        self._left = {"drop": 0, "duplicate": 0, "unsigned": 0}
        self.holding = False
        self.held: list[Delivery] = []

    def plan(self, wanted: CallbackPlan) -> list[Delivery]:
        """Follow this plan from now on; what was kept back and is to be sent now."""
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
        """Whether the next callback meets this, which is used up by it."""
        if not self._left[mishap]:
            return False
        self._left[mishap] -= 1
        return True
