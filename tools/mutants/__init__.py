"""Rules taken out one at a time, to see that the tests notice: `make mutants`."""
