"""Counts of problems in CloudWatch, which reads them out of the request log."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters.aws_answers import NOT_PARSED
from chalicelib.core.support.deadline import Deadline
from chalicelib.core.support.metrics import NAMESPACE, metric_name
from chalicelib.errors import StoreUnavailable

PERIOD: Final = timedelta(minutes=5)
"""The time of one data point. Older data has no shorter one."""


class MetricData(Protocol):
    """The part of CloudWatch's client that is used."""

    def get_metric_data(self, **request: Any) -> Mapping[str, Any]:  # noqa: ANN401  botocore's
        """Return data points of metrics."""


class CloudWatchRefusals:
    """The counts of problems that one function answered.

    Args:
        client: A client with its own timeouts, so that an abandoned call ends.
        function: The name of the Lambda function, which is the metrics' dimension.
    """

    def __init__(self, client: MetricData, function: str) -> None:
        self._client = client
        self._function = function

    def since(
        self, start: datetime, now: datetime, codes: Collection[str], deadline: Deadline
    ) -> Mapping[str, int]:
        asked = {f"m{number}": code for number, code in enumerate(sorted(codes))}
        seconds = PERIOD.total_seconds()
        request = {
            "StartTime": start - timedelta(seconds=start.timestamp() % seconds),
            "EndTime": now,
            "MetricDataQueries": [self._query(each, code) for each, code in asked.items()],
        }
        try:
            answer = deadline.run(lambda: self._client.get_metric_data(**request))
            found = {each["Id"]: each for each in answer["MetricDataResults"]}
            if found.keys() != asked.keys():
                raise _unavailable("an answer about other metrics")
            if {each["StatusCode"] for each in found.values()} - {"Complete"}:
                raise _unavailable("not all metrics were complete")
            sums = {asked[each]: round(sum(data["Values"])) for each, data in found.items()}
        except ClientError as error:
            raise _unavailable(error.response["Error"]["Code"]) from error
        except (BotoCoreError, TimeoutError, *NOT_PARSED) as error:
            raise _unavailable(type(error).__name__) from error
        return {code: number for code, number in sums.items() if number}

    def _query(self, query_id: str, code: str) -> Mapping[str, object]:
        metric = {
            "Namespace": NAMESPACE,
            "MetricName": metric_name(code),
            "Dimensions": [{"Name": "service", "Value": self._function}],
        }
        stat = {"Metric": metric, "Period": int(PERIOD.total_seconds()), "Stat": "Sum"}
        return {"Id": query_id, "MetricStat": stat}


def _unavailable(reason: str) -> StoreUnavailable:
    return StoreUnavailable(
        "The counts of refusals cannot be read at the moment.",
        note=f"cloudwatch:GetMetricData: {reason}",
    )
