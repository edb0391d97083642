"""Each kind of call by which `make deploy` makes or changes a thing, and its place in an export."""

from typing import Final

_STACK: Final = "AWS::DynamoDB::Table"
PLACES: Final[dict[str, tuple[str, str]]] = {
    "apigateway:CreateDeployment": ("AWS::ApiGateway::Deployment", "RestApiId"),
    "apigateway:ImportRestApi": ("AWS::ApiGateway::RestApi", "Body"),
    "apigateway:PutGatewayResponse": ("AWS::ApiGateway::RestApi", "Body"),
    "apigateway:UpdateStage": ("AWS::ApiGateway::Stage", "MethodSettings"),
    "cloudformation:CreateStack": (_STACK, "TableName"),
    "events:PutRule": ("AWS::Events::Rule", "ScheduleExpression"),
    "events:PutTargets": ("AWS::Events::Rule", "Targets"),
    "iam:CreateRole": ("AWS::IAM::Role", "AssumeRolePolicyDocument"),
    "iam:PutRolePermissionsBoundary": ("AWS::IAM::Role", "PermissionsBoundary"),
    "iam:PutRolePolicy": ("AWS::IAM::Role", "Policies"),
    "lambda:AddPermission": ("AWS::Lambda::Permission", "SourceArn"),
    "lambda:CreateFunction": ("AWS::Lambda::Function", "Code"),
    "lambda:PutFunctionConcurrency": ("AWS::Lambda::Function", "ReservedConcurrentExecutions"),
    "lambda:PutFunctionEventInvokeConfig": (
        "AWS::Lambda::EventInvokeConfig",
        "MaximumRetryAttempts",
    ),
    "logs:AssociateKmsKey": ("AWS::Logs::LogGroup", "KmsKeyId"),
    "logs:CreateLogGroup": ("AWS::Logs::LogGroup", "LogGroupName"),
    "logs:PutRetentionPolicy": ("AWS::Logs::LogGroup", "RetentionInDays"),
    "logs:PutSubscriptionFilter": ("AWS::Logs::SubscriptionFilter", "DestinationArn"),
    "secretsmanager:RotateSecret": ("AWS::SecretsManager::RotationSchedule", "RotationRules"),
}
"""The type and the property that say in an export what a call does."""
WITHOUT_PLACE: Final = {
    **dict.fromkeys(
        ("apigateway:TagResource", "events:TagResource", "iam:TagRole", "logs:TagResource"),
        "tags, which the other tool gives to all that it makes",
    ),
    "apigateway:PutRestApi": "the API's document again, for an API that is there",
    "apigateway:UpdateRestApi": "a compression that is off, as it is anyway",
    "cloudformation:UpdateStack": "the stack again",
    "lambda:DeleteFunctionConcurrency": "nothing is reserved, as for any new function",
    "lambda:UpdateFunctionCode": "the package again",
    "lambda:UpdateFunctionConfiguration": "the settings again",
    "s3:PutObject": "Chalice's record, in whose place other tools have one of their own",
    "secretsmanager:CreateSecret": "the account's credentials, which make account-secret stores",
    "secretsmanager:PutSecretValue": "credentials, which make secret stores in any case",
}
READS: Final = ("Describe", "Get", "Head", "List")
"""The beginnings of operations that change nothing."""
