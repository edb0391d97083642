"""Counts of problems, as CloudWatch is asked for them."""

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.adapters.cloudwatch import CloudWatchRefusals
from chalicelib.errors import StoreUnavailable
from tests.support.stores.example_rooms import NOON, soon

FUNCTION = "roomkey-dev"
CODES = ("room_full", "banned", "room_closed")


def answer(query_id: str, *values: float, status: str = "Complete") -> dict[str, Any]:
    times = [NOON] * len(values)
    return {"Id": query_id, "StatusCode": status, "Timestamps": times, "Values": list(values)}


def counted(*answers: dict[str, Any], error: str | None = None) -> dict[str, int]:
    client = boto3.client("cloudwatch", "eu-west-1")
    with Stubber(client) as stubber:
        if error is None:
            queries = [
                {
                    "Id": query_id,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "Roomkey",
                            "MetricName": name,
                            "Dimensions": [{"Name": "service", "Value": FUNCTION}],
                        },
                        "Period": 300,
                        "Stat": "Sum",
                    },
                }
                for query_id, name in (("m0", "Banned"), ("m1", "RoomClosed"), ("m2", "RoomFull"))
            ]
            asked = {
                "StartTime": NOON - timedelta(hours=1, minutes=5),
                "EndTime": NOON - timedelta(seconds=61),
                "MetricDataQueries": queries,
            }
            stubber.add_response("get_metric_data", {"MetricDataResults": list(answers)}, asked)
        else:
            stubber.add_client_error("get_metric_data", error, "no metrics for you")
        now = NOON - timedelta(seconds=61)
        found = CloudWatchRefusals(client, FUNCTION).since(
            now - timedelta(hours=1), now, CODES, soon()
        )
    return dict(found)


def test_the_data_points_of_each_code_are_added_up_in_one_call() -> None:
    assert counted(answer("m0", 2.0, 3.0), answer("m1"), answer("m2", 1.0)) == {
        "banned": 5,
        "room_full": 1,
    }


def test_a_refusal_of_cloudwatch_is_named() -> None:
    with pytest.raises(StoreUnavailable) as failure:
        counted(error="AccessDenied")
    assert failure.value.note == "cloudwatch:GetMetricData: AccessDenied"


@pytest.mark.parametrize("status", ["PartialData", "InternalError"])
def test_half_of_the_data_is_not_taken_for_all(status: str) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        counted(answer("m0", 2.0, status=status))
