"""What both daemons must agree on: the file's schema, its columns, settings, prices, time and logs.

Anything that only one daemon needs lives in that daemon. This package imports neither.
"""

__version__ = "0.1.0"
