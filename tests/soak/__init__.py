"""Both daemons for a long while, under load and an adversary: `python -m tests.soak --minutes 20`."""
