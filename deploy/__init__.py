"""Roomkey into an AWS account and out of it: what `make deploy` and its siblings run."""
