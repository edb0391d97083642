"""The cost of a million joins at AWS's list prices, from counted calls and measured times."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from bench.figures.prices import Price, Prices, price_list
from bench.figures.report import Row, Section, milliseconds
from bench.figures.usage import Usage

_MILLION: Final = 1_000_000
_GIB: Final = 1 << 30
_MIB_PER_GIB: Final = 1024
_CONFIG: Final = Path(__file__).parents[2] / ".chalice" / "config.json"


def section(usages: Mapping[str, Usage], cold_seconds: float) -> Section:
    """Calculate the dollars, with API Gateway in a row of its own."""
    listed = price_list()
    prices, gigabytes = listed.prices, _gigabytes()
    rows = [_joins(name, usage, prices, gigabytes) for name, usage in usages.items()]
    rows += [
        Row(
            what="API Gateway, REST, for each of these",
            median=_dollars(prices.api_gateway_rest_requests.of(_MILLION)),
        ),
        _cold_starts(cold_seconds, prices, gigabytes),
        _longer(prices, gigabytes),
        Row(
            what="the secret, per month",
            median=_dollars(prices.secrets_manager_secret_months.of(1)),
        ),
    ]
    figures = {
        f"a million {name}, dollars": _total(usage, prices, gigabytes)
        for name, usage in usages.items()
    }
    return Section(f"A million joins, list prices of {listed.region}", rows, figures)


def _total(usage: Usage, prices: Prices, gigabytes: float) -> float:
    """Return the dollars of a million joins, without API Gateway."""
    return sum(
        (
            _compute(usage.seconds, prices.lambda_gb_second_x86, gigabytes),
            prices.lambda_requests.of(_MILLION),
            prices.dynamodb_read_units.of(usage.read_units * _MILLION),
            prices.dynamodb_write_units.of(usage.write_units * _MILLION),
            prices.cloudwatch_logs_gigabytes.of(usage.log_bytes * _MILLION / _GIB),
        )
    )


def _joins(name: str, usage: Usage, prices: Prices, gigabytes: float) -> Row:
    compute = _compute(usage.seconds, prices.lambda_gb_second_x86, gigabytes)
    on_arm = _compute(usage.seconds, prices.lambda_gb_second_arm, gigabytes)
    requests = prices.lambda_requests.of(_MILLION)
    reads = prices.dynamodb_read_units.of(usage.read_units * _MILLION)
    writes = prices.dynamodb_write_units.of(usage.write_units * _MILLION)
    log = prices.cloudwatch_logs_gigabytes.of(usage.log_bytes * _MILLION / _GIB)
    return Row(
        what=f"{name}, of {milliseconds(usage.seconds)} in a warm function",
        median=_dollars(_total(usage, prices, gigabytes)),
        remarks=(
            f"Lambda {_dollars(compute)} (arm64 {_dollars(on_arm)}) + {_dollars(requests)}, "
            f"DynamoDB {_dollars(reads + writes)} ({', '.join(usage.calls)}: "
            f"{usage.read_units:g} read and {usage.write_units:g} write units), "
            f"log {_dollars(log)} ({usage.log_bytes} bytes)"
        ),
    )


def _cold_starts(seconds: float, prices: Prices, gigabytes: float) -> Row:
    compute = _compute(seconds, prices.lambda_gb_second_x86, gigabytes)
    secrets = prices.secrets_manager_calls.of(_MILLION)
    return Row(
        what="if each join caused a cold start",
        median=f"+ {_dollars(compute + secrets)}",
        remarks=f"Lambda {_dollars(compute)}, Secrets Manager {_dollars(secrets)}",
    )


def _longer(prices: Prices, gigabytes: float) -> Row:
    return Row(
        what="for each extra millisecond of AWS or OpenTok",
        median=f"+ {_dollars(_compute(0.001, prices.lambda_gb_second_x86, gigabytes))}",
    )


def _compute(seconds: float, gb_second: Price, gigabytes: float) -> float:
    """Return the price of a million invocations. Each is billed by started milliseconds."""
    return gb_second.of(math.ceil(seconds * 1000) / 1000 * gigabytes * _MILLION)


def _gigabytes() -> float:
    """Return the memory of the deployed function."""
    config = json.loads(_CONFIG.read_text(encoding="utf-8"))
    megabytes: int = config["lambda_functions"]["api_handler"]["lambda_memory_size"]
    return megabytes / _MIB_PER_GIB


def _dollars(amount: float) -> str:
    return f"${amount:.2f}"
