"""Alarms, the budget, and what only has other names in Terraform."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.export.renaming import Body, Turned, Turner, renamed
from deploy.export.terms import REFERENCES
from deploy.export.terraform_data import DATA
from deploy.export.terraform_functions import FUNCTIONS

_ALARM: Final = {
    "AlarmName": "alarm_name",
    "AlarmDescription": "alarm_description",
    "AlarmActions": "alarm_actions",
    "OKActions": "ok_actions",
    "ComparisonOperator": "comparison_operator",
    "DatapointsToAlarm": "datapoints_to_alarm",
    "Dimensions": "dimensions",
    "EvaluateLowSampleCountPercentile": "evaluate_low_sample_count_percentiles",
    "EvaluationPeriods": "evaluation_periods",
    "ExtendedStatistic": "extended_statistic",
    "MetricName": "metric_name",
    "Metrics": "metric_query",
    "Namespace": "namespace",
    "Period": "period",
    "Statistic": "statistic",
    "Threshold": "threshold",
    "TreatMissingData": "treat_missing_data",
}
_RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "AWS::CloudWatch::Dashboard": {
        "DashboardName": "dashboard_name",
        "DashboardBody": "dashboard_body",
    },
    "AWS::EC2::VPCEndpoint": {
        "ServiceName": "service_name",
        "VpcEndpointType": "vpc_endpoint_type",
        "VpcId": "vpc_id",
        "RouteTableIds": "route_table_ids",
        "SubnetIds": "subnet_ids",
        "SecurityGroupIds": "security_group_ids",
        "PrivateDnsEnabled": "private_dns_enabled",
    },
    "AWS::Lambda::EventInvokeConfig": {
        "FunctionName": "function_name",
        "Qualifier": "qualifier",
        "MaximumRetryAttempts": "maximum_retry_attempts",
        "MaximumEventAgeInSeconds": "maximum_event_age_in_seconds",
    },
    "AWS::Lambda::Permission": {
        "FunctionName": "function_name",
        "Action": "action",
        "Principal": "principal",
        "SourceAccount": "source_account",
        "SourceArn": "source_arn",
    },
    "AWS::Logs::LogGroup": {
        "LogGroupName": "name",
        "RetentionInDays": "retention_in_days",
        "KmsKeyId": "kms_key_id",
    },
    "AWS::Logs::LogStream": {"LogGroupName": "log_group_name", "LogStreamName": "name"},
    "AWS::Logs::QueryDefinition": {
        "Name": "name",
        "LogGroupNames": "log_group_names",
        "QueryString": "query_string",
    },
    "AWS::Logs::SubscriptionFilter": {
        "FilterName": "name",
        "LogGroupName": "log_group_name",
        "FilterPattern": "filter_pattern",
        "DestinationArn": "destination_arn",
    },
    "AWS::SNS::Topic": {"TopicName": "name", "KmsMasterKeyId": "kms_master_key_id"},
    "AWS::SecretsManager::Secret": {
        "Name": "name",
        "Description": "description",
        "KmsKeyId": "kms_key_id",
    },
}

_TURNERS: Final[Mapping[str, Turner]] = {**DATA, **FUNCTIONS}
"""The types whose arguments need more than other names."""


def turned(kind: str, address: str, given: Body) -> Turned:
    """Yield the resources of Terraform that a resource of CloudFormation amounts to.

    Raises:
        UnknownToExport: The resource has a property that is not turned.
    """
    if kind == "AWS::CloudWatch::Alarm":
        yield REFERENCES[kind][0], "", _alarm(given)
    elif kind == "AWS::Budgets::Budget":
        yield REFERENCES[kind][0], "", _budget(given)
    elif kind in _RENAMED:
        yield REFERENCES[kind][0], "", renamed(given, _RENAMED[kind])
    else:
        yield from _TURNERS[kind](address, given)


def _dimensions(given: list[Mapping[str, str]]) -> Body:
    return {each["Name"]: each["Value"] for each in given}


def _alarm(given: Body) -> Body:
    if "Dimensions" in given:
        given["Dimensions"] = _dimensions(given["Dimensions"])
    if "Metrics" in given:
        given["Metrics"] = [_metric_query(each) for each in given["Metrics"]]
    return renamed(given, _ALARM)


def _metric_query(given: Mapping[str, Any]) -> Body:
    names = {
        "Id": "id",
        "Label": "label",
        "Expression": "expression",
        "ReturnData": "return_data",
        "MetricStat": "metric",
    }
    # Without the word, CloudFormation returns the data, and Terraform does not.
    query = {"ReturnData": True, **given}
    if "MetricStat" in given:
        query["MetricStat"] = _metric(given["MetricStat"])
    return renamed(query, names)


def _metric(given: Mapping[str, Any]) -> Body:
    metric = {**given["Metric"], "Dimensions": _dimensions(given["Metric"]["Dimensions"])}
    rest = {key: given[key] for key in given.keys() - {"Metric"}}
    return {
        **renamed(
            metric,
            {"Namespace": "namespace", "MetricName": "metric_name", "Dimensions": "dimensions"},
        ),
        **renamed(rest, {"Period": "period", "Stat": "stat"}),
    }


def _budget(given: Body) -> Body:
    budget = given["Budget"]
    limit = renamed(budget.pop("BudgetLimit"), {"Amount": "limit_amount", "Unit": "limit_unit"})
    limit["limit_amount"] = str(limit["limit_amount"])
    notifications = list(_notifications(given["NotificationsWithSubscribers"]))
    names = {"BudgetName": "name", "BudgetType": "budget_type", "TimeUnit": "time_unit"}
    return {
        **renamed({key: given[key] for key in given.keys() - _OF_A_BUDGET}, {}),
        **renamed(budget, names),
        **limit,
        "notification": notifications,
    }


_OF_A_BUDGET: Final = {"Budget", "NotificationsWithSubscribers"}


def _notifications(given: list[Mapping[str, Any]]) -> Iterator[Body]:
    for each in given:
        names = {
            "NotificationType": "notification_type",
            "ComparisonOperator": "comparison_operator",
            "Threshold": "threshold",
            "ThresholdType": "threshold_type",
        }
        told = [
            renamed(one, {"SubscriptionType": "type", "Address": "address"})
            for one in each["Subscribers"]
        ]
        yield {
            **renamed(each["Notification"], names),
            "subscriber_sns_topic_arns": [one["address"] for one in told if one["type"] == "SNS"],
        }
