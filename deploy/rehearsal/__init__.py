"""An AWS account, and the internet around it, on this machine: what `make rehearse` deploys to."""
