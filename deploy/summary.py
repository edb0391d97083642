from chalicelib import VERSION
from deploy.aws.functions import Deployed
from deploy.stage import Stage


def summary(stage: Stage, deployed: Deployed, alarm_topic: str | None) -> str:
    """Describe the next steps and the costs of the deployed service."""
    return f"""
Stage {stage.name} is deployed.

  URL       {deployed.url}
  version   {VERSION}; docs/upgrading.md says what to do for each one
  first     curl -sS -X POST {deployed.url}rooms/hello/tokens -H "Authorization: Bearer $BEARER"
  next      make callbacks STAGE={stage.name}, once: OpenTok then reports connections and streams

Your app needs this URL. It sends the access token from {stage.environment["AUTH_ISSUER"]}
in the Authorization header, and passes the answer's apiKey, sessionId and token to the OpenTok
client. Never put an OpenTok secret into an app.

Subscribe to the alarms, or nobody receives them:
  aws sns subscribe --topic-arn {alarm_topic} --protocol email --notification-endpoint YOU

Costs at AWS's list prices in us-east-1, in USD. Each month: 0.40 for the secret,
4.70 for the alarms, 3.00 for the dashboard (an account's first three are free), and
about 0.10 for the scheduled functions. Per million joins: 3.50 for API Gateway, 0.20 for
Lambda's requests, and the costs by time and call in bench/results.md. OpenTok bills its
minutes separately; they are most of the cost.
"""
