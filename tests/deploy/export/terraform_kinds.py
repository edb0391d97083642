"""The resources of Terraform that each resource of CloudFormation must become."""

from typing import Final

AMOUNT_TO: Final[dict[str, tuple[str, ...]]] = {
    "AWS::ApiGateway::Deployment": ("aws_api_gateway_deployment",),
    "AWS::ApiGateway::RestApi": ("aws_api_gateway_rest_api",),
    "AWS::ApiGateway::Stage": ("aws_api_gateway_stage", "aws_api_gateway_method_settings"),
    "AWS::Budgets::Budget": ("aws_budgets_budget",),
    "AWS::CloudWatch::Alarm": ("aws_cloudwatch_metric_alarm",),
    "AWS::CloudWatch::Dashboard": ("aws_cloudwatch_dashboard",),
    "AWS::DynamoDB::Table": ("aws_dynamodb_table",),
    "AWS::EC2::SecurityGroup": ("aws_security_group", "aws_vpc_security_group_ingress_rule"),
    "AWS::EC2::VPCEndpoint": ("aws_vpc_endpoint",),
    "AWS::Events::Rule": ("aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"),
    "AWS::IAM::Role": ("aws_iam_role", "aws_iam_role_policy"),
    "AWS::IAM::User": ("aws_iam_user", "aws_iam_user_policy"),
    "AWS::Lambda::EventInvokeConfig": ("aws_lambda_function_event_invoke_config",),
    "AWS::Lambda::Function": ("aws_lambda_function",),
    "AWS::Lambda::Permission": ("aws_lambda_permission",),
    "AWS::Logs::LogGroup": ("aws_cloudwatch_log_group",),
    "AWS::Logs::LogStream": ("aws_cloudwatch_log_stream",),
    "AWS::Logs::QueryDefinition": ("aws_cloudwatch_query_definition",),
    "AWS::Logs::SubscriptionFilter": ("aws_cloudwatch_log_subscription_filter",),
    "AWS::S3::Bucket": (
        "aws_s3_bucket",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
    ),
    "AWS::S3::BucketPolicy": ("aws_s3_bucket_policy",),
    "AWS::SNS::Topic": ("aws_sns_topic",),
    "AWS::SNS::TopicPolicy": ("aws_sns_topic_policy",),
    "AWS::SecretsManager::RotationSchedule": ("aws_secretsmanager_secret_rotation",),
    "AWS::SecretsManager::Secret": ("aws_secretsmanager_secret",),
}
KINDS: Final = sorted({kind for kinds in AMOUNT_TO.values() for kind in kinds})
