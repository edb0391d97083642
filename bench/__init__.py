"""Measurements of Roomkey's costs in time, calls and dollars, run by `make bench`."""
