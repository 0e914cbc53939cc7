"""The command `cpa-usage-keeper`: everything that is done with this program from a shell.

It is the one place that knows both daemons, since it starts them and imports into the tables of both.
"""
