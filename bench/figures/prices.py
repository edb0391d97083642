"""AWS's list prices. `prices.json` names the source and date of each price."""

from pathlib import Path
from typing import Final

import msgspec

_FILE: Final = Path(__file__).with_name("prices.json")


class Price(msgspec.Struct, frozen=True):
    """A price in dollars for a number of units, with AWS's page and a dated quotation."""

    usd: float
    per: float
    list: str
    quoted_by: str
    quoted_on: str

    def of(self, units: float) -> float:
        """Return the price of this number of units, in dollars."""
        return self.usd * units / self.per


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The prices of one region."""

    lambda_gb_second_x86: Price
    lambda_gb_second_arm: Price
    lambda_requests: Price
    dynamodb_read_units: Price
    dynamodb_write_units: Price
    secrets_manager_calls: Price
    secrets_manager_secret_months: Price
    cloudwatch_logs_gigabytes: Price
    api_gateway_rest_requests: Price


class PriceList(msgspec.Struct, frozen=True):
    region: str
    looked_up: str
    prices: Prices


def price_list() -> PriceList:
    return msgspec.json.decode(_FILE.read_bytes(), type=PriceList)
