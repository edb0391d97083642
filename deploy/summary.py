from deploy.aws.functions import Deployed
from deploy.stage import Stage


def summary(stage: Stage, deployed: Deployed, alarm_topic: str | None) -> str:
    """What to do with the deployed service, and what it costs."""
    return f"""
Stage {stage.name} is up.

  URL       {deployed.url}
  first     curl -sS -X POST {deployed.url}rooms/hello/tokens -H "Authorization: Bearer $BEARER"
  next      make callbacks STAGE={stage.name}, once: OpenTok then tells it who comes and goes

What goes into the app: this URL, and the bearer of whoever signed in with
{stage.environment["AUTH_ISSUER"]} as the Authorization header. The answer's apiKey,
sessionId and token go to the OpenTok client. No OpenTok secret belongs into an app.

Alarms reach nobody yet, unless you have subscribed:
  aws sns subscribe --topic-arn {alarm_topic} --protocol email --notification-endpoint YOU

Costs at AWS's list prices in us-east-1: per month 0.40 USD for the secret, 3.10 for the alarms,
3.00 for the dashboard beyond an account's first three, and 0.10 or so for what runs every minute.
By use, per million joins: 3.50 for API Gateway, 0.20 for Lambda's requests, and by the millisecond
and call what bench/results.md measures. OpenTok's minutes come on top, and are most of the bill.
"""
