"""CloudFormation's values in Terraform's words."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from deploy.export.functions import RESERVE
from deploy.export.rotation import ROTATE

Json = Any
_REFERENCE: Final = re.compile(r"\$\{(!?)([^}]+)\}")
_PSEUDO: Final = {
    "AWS::AccountId": "data.aws_caller_identity.current.account_id",
    "AWS::Partition": "data.aws_partition.current.partition",
    "AWS::Region": "data.aws_region.current.name",
    "AWS::URLSuffix": "data.aws_partition.current.dns_suffix",
}
_NOTHING: Final = "AWS::NoValue"
REFERENCES: Final = {
    "AWS::ApiGateway::Deployment": ("aws_api_gateway_deployment", "id"),
    "AWS::ApiGateway::RestApi": ("aws_api_gateway_rest_api", "id"),
    "AWS::ApiGateway::Stage": ("aws_api_gateway_stage", "stage_name"),
    "AWS::Budgets::Budget": ("aws_budgets_budget", "id"),
    "AWS::CloudWatch::Alarm": ("aws_cloudwatch_metric_alarm", "alarm_name"),
    "AWS::CloudWatch::Dashboard": ("aws_cloudwatch_dashboard", "dashboard_name"),
    "AWS::DynamoDB::Table": ("aws_dynamodb_table", "name"),
    "AWS::EC2::SecurityGroup": ("aws_security_group", "id"),
    "AWS::EC2::VPCEndpoint": ("aws_vpc_endpoint", "id"),
    "AWS::Events::Rule": ("aws_cloudwatch_event_rule", "name"),
    "AWS::IAM::Role": ("aws_iam_role", "name"),
    "AWS::IAM::User": ("aws_iam_user", "name"),
    "AWS::Lambda::EventInvokeConfig": ("aws_lambda_function_event_invoke_config", "id"),
    "AWS::Lambda::Function": ("aws_lambda_function", "function_name"),
    "AWS::Lambda::Permission": ("aws_lambda_permission", "id"),
    "AWS::Logs::LogGroup": ("aws_cloudwatch_log_group", "name"),
    "AWS::Logs::LogStream": ("aws_cloudwatch_log_stream", "name"),
    "AWS::Logs::QueryDefinition": ("aws_cloudwatch_query_definition", "query_definition_id"),
    "AWS::Logs::SubscriptionFilter": ("aws_cloudwatch_log_subscription_filter", "name"),
    "AWS::S3::Bucket": ("aws_s3_bucket", "id"),
    "AWS::S3::BucketPolicy": ("aws_s3_bucket_policy", "id"),
    "AWS::SNS::Topic": ("aws_sns_topic", "arn"),
    "AWS::SNS::TopicPolicy": ("aws_sns_topic_policy", "id"),
    "AWS::SecretsManager::RotationSchedule": ("aws_secretsmanager_secret_rotation", "id"),
    "AWS::SecretsManager::Secret": ("aws_secretsmanager_secret", "arn"),
}
"""For each type of CloudFormation: that of Terraform, and the attribute that `Ref` means."""
_SWITCHES: Final = {RESERVE, ROTATE}
"""Parameters with a default that the operator may choose later."""
_AFTER_ARN: Final = {"AWS::Logs::LogGroup": ":*"}
"""The end of an ARN of CloudFormation, which Terraform's lacks."""


class UnknownToExport(ValueError):
    """A part of the template that the export cannot say in Terraform's words yet."""


class Terms:
    """The values of one template.

    Parameters with a default have that value for good. The others are variables, and so are the
    switches of reserved concurrency and of the rotation.

    Args:
        template: The whole template of a stage.
    """

    def __init__(self, template: Mapping[str, Json]) -> None:
        self._conditions: Mapping[str, Json] = template["Conditions"]
        self._resources: Mapping[str, Json] = template["Resources"]
        self._parameters: Mapping[str, Json] = template["Parameters"]
        self.variables = {
            name: each
            for name, each in self._parameters.items()
            if "Default" not in each or name in _SWITCHES
        }

    def value(self, given: Json) -> Json:
        """Return a value without CloudFormation's functions. None stands for no value."""
        if isinstance(given, str):
            return _literal(given)
        if isinstance(given, list):
            elements = (self.value(each) for each in given)
            return [each for each in elements if each is not None]
        if not isinstance(given, dict):
            return given
        if len(given) == 1:
            ((function, argument),) = given.items()
            if function == "Ref":
                return self._ref(argument)
            if function.startswith("Fn::"):
                return self._function(function, argument)
        values = {key: self.value(each) for key, each in given.items()}
        return {key: each for key, each in values.items() if each is not None}

    def holds(self, condition: str | None) -> bool | str:
        """Return True if a condition holds, or there is none.

        Where a variable decides, return the expression of Terraform that does.
        """
        return condition is None or self._decided(self._conditions[condition])

    def address(self, name: str) -> str:
        """Return the address of a resource, by its logical name."""
        kind, _ = self._type_of(name)
        return f"{kind}.{label(name)}"

    def _type_of(self, name: str) -> tuple[str, str]:
        kind = self._resources[name]["Type"]
        if kind not in REFERENCES:
            raise UnknownToExport(f"{name} is of the type {kind}")
        return REFERENCES[kind]

    def _ref(self, name: str) -> Json:
        if name == _NOTHING:
            return None
        return self._parameter(name) if name in self._parameters else f"${{{self._inner(name)}}}"

    def _parameter(self, name: str) -> Json:
        if name in self.variables:
            return f"${{var.{label(name)}}}"
        parameter = self._parameters[name]
        if parameter["Type"] == "Number":
            return int(parameter["Default"])
        return _literal(parameter["Default"])

    def _inner(self, name: str) -> str:
        """Return the expression for a name that stands in `Ref` or in `Fn::Sub`."""
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self.variables:
            return f"var.{label(name)}"
        resource, _, attribute = name.partition(".")
        meant = self._attribute(attribute) if attribute else self._type_of(resource)[1]
        return f"{self.address(resource)}.{meant}"

    @staticmethod
    def _attribute(attribute: str) -> str:
        if attribute != "Arn":
            raise UnknownToExport(f"the attribute {attribute}")
        return "arn"

    def _function(self, function: str, argument: Json) -> Json:
        match function:
            case "Fn::GetAtt":
                name, attribute = argument
                after = _AFTER_ARN.get(self._resources[name]["Type"], "")
                return f"${{{self._inner(f'{name}.{attribute}')}}}{after}"
            case "Fn::Sub" if isinstance(argument, str):
                return self._substituted(argument)
            case "Fn::If":
                return self._chosen(*argument)
            case "Fn::Split":
                separator, text = argument
                return str(self.value(text)).split(separator)
        raise UnknownToExport(f"{function} of {argument}")

    def _substituted(self, text: str) -> str:
        parts, end = [], 0
        for found in _REFERENCE.finditer(text):
            parts.append(_literal(text[end : found.start()]))
            end = found.end()
            name = found[2]
            if found[1]:
                parts.append(f"$${{{name}}}")
            elif name in self._parameters:
                parts.append(str(self._parameter(name)))
            else:
                parts.append(f"${{{self._inner(name)}}}")
        return "".join([*parts, _literal(text[end:])])

    def _chosen(self, condition: str, then: Json, otherwise: Json) -> Json:
        decided = self._decided(self._conditions[condition])
        if isinstance(decided, bool):
            return self.value(then if decided else otherwise)
        choices = (json.dumps(self.value(each)) for each in (then, otherwise))
        return f"${{{decided} ? {' : '.join(choices)}}}"

    def _decided(self, condition: Json) -> bool | str:
        """Return whether a condition holds, or an expression if a variable decides."""
        ((function, argument),) = condition.items()
        match function:
            case "Condition":
                return self._decided(self._conditions[argument])
            case "Fn::Equals":
                one, other = (self.value(each) for each in argument)
                if isinstance(one, str) and one.startswith("${var."):
                    return f"{one[2:-1]} == {json.dumps(other)}"
                return str(one) == str(other)
            case "Fn::Not":
                return not self._certain(argument[0])
            case "Fn::And":
                return self._all(argument)
            case "Fn::Or":
                return any(self._certain(each) for each in argument)
        raise UnknownToExport(f"the condition {function}")

    def _all(self, conditions: list[Json]) -> bool | str:
        decided = [self._decided(each) for each in conditions]
        open_ones = [each for each in decided if isinstance(each, str)]
        return " && ".join(open_ones) if open_ones and all(decided) else all(decided)

    def _certain(self, condition: Json) -> bool:
        decided = self._decided(condition)
        if isinstance(decided, str):
            raise UnknownToExport(f"a variable decides about {condition}")
        return decided


def label(name: str) -> str:
    """Return Terraform's name for a logical name: `rest_api` for `RestAPI`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return words.lower()


def _literal(text: str) -> str:
    """Return text in which Terraform finds no expression."""
    return text.replace("${", "$${").replace("%{", "%%{")
