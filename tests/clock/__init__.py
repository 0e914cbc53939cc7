"""Runs a command at another time: what `make test-clock` does to the tests."""
