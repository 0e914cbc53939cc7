"""Measurements on a seeded reference data set; `python -m tests.bench` prints JSON. Timings never fail a test."""
