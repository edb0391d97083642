"""OpenTok's list prices, in dollars. The operator's setting `PRICES` overrides each one.

The list is at https://www.vonage.com/communications-apis/video/pricing/. These are the prices of
HD, as pages that quote the list had them on 2026-11-30. Discounts and contracts differ: an invoice
decides.

- `participantMinute`, `composedMinute`: github.com/api-evangelist/vonage-video, of 2026-06-20.
- `individualMinute`: the example of earlier lists. The same file has 0.0125.
- `broadcastMinute`: article 6646228608284 of api.support.vonage.com.
- `sipMinute`: article 360001095210 of support.tokbox.com.
- `baseFee`: article 360029733571 of support.tokbox.com, "our standard $9.99/month pricing model".
- `freeMinutes`: unsourced. It is the plan of earlier years, and no page that quotes it was found.
- `captionMinute`: none is used, so the estimate leaves captions out until it is set. Earlier copies
  of article 8597387476380 of api.support.vonage.com have 0.025, for each speaker's stream. What is
  counted here is one run of captions, whoever speaks.
- `renderMinute`: nobody quotes it, so the estimate leaves renders out until it is set.
"""

from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from chalicelib.core.model.room import api_name
from chalicelib.core.model.usage import Usage

_MINUTE: Final = 60_000
_HIGHEST: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of a minute of each kind, in dollars; None if it is not known.

    Args:
        base_fee: The fee of a month in which anything is used.
        free_minutes: The participants' minutes of a month that the fee includes.
    """

    base_fee: Decimal = Decimal("9.99")
    free_minutes: Decimal = Decimal(2000)
    participant_minute: Decimal = Decimal("0.0041")
    composed_minute: Decimal = Decimal("0.035")
    individual_minute: Decimal = Decimal("0.025")
    broadcast_minute: Decimal = Decimal("0.10")
    sip_minute: Decimal = Decimal("0.005")
    caption_minute: Decimal | None = None
    render_minute: Decimal | None = None

    def of(self, usage: Usage) -> Decimal:
        """Return what the usage costs, without the fee and its free minutes."""
        return self._participants(usage) * self.participant_minute + self._others(usage)

    def of_month(self, usage: Usage) -> Decimal:
        """Return what the usage of a month costs, with the fee and its free minutes."""
        if usage == Usage():
            return Decimal(0)
        charged = max(Decimal(0), self._participants(usage) - self.free_minutes)
        return self.base_fee + charged * self.participant_minute + self._others(usage)

    def unknown(self) -> list[str]:
        """Return the names of the prices that the estimate leaves out."""
        return [api_name(each.name) for each in fields(Prices) if getattr(self, each.name) is None]

    def _participants(self, usage: Usage) -> Decimal:
        """Return the minutes that OpenTok charges: those of participants who are not alone."""
        return _minutes(usage.subscribed)

    def _others(self, usage: Usage) -> Decimal:
        return sum(
            (
                _minutes(used) * (price or Decimal(0))
                for used, price in (
                    (usage.composed, self.composed_minute),
                    (usage.individual, self.individual_minute),
                    (usage.broadcast, self.broadcast_minute),
                    (usage.sip, self.sip_minute),
                    (usage.captions, self.caption_minute),
                    (usage.render, self.render_minute),
                )
            ),
            Decimal(0),
        )


def parse_prices(text: str) -> Prices:
    """Return the list prices with those of a setting, such as `participantMinute=0.0038,baseFee=0`.

    Raises:
        ValueError: The text has an unknown name, or a price that is not a number from 0 to 1e9.
    """
    names = {api_name(each.name): each.name for each in fields(Prices)}
    chosen: dict[str, Decimal] = {}
    for entry in filter(None, (each.strip() for each in text.split(","))):
        name, _, value = entry.partition("=")
        try:
            price = Decimal(value.strip())
        except InvalidOperation:
            price = Decimal(-1)
        field = names.get(name.strip())
        if field is None or not price.is_finite() or not 0 <= price <= _HIGHEST:
            raise ValueError(entry)
        chosen[field] = price
    return replace(Prices(), **chosen)


def _minutes(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / _MINUTE
