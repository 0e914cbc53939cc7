"""Plausible traffic of a small company that shares its subscriptions through CPA; seeded and deterministic."""
