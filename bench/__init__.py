"""What Roomkey costs in time, calls and dollars: what `make bench` runs."""
