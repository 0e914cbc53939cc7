"""Drills that need root: what a disk can do to the daemons, on file systems of their own."""
