"""API Gateway and EventBridge, as far as one machine needs them."""
