"""Exact sums and percentiles of any selection by any axes, and what is remembered between answers."""
