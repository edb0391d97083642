"""Deployment of Roomkey to an AWS account: `make deploy` and the other operator commands."""
