"""Accounts' quota: what providers say of it, read into one kind of row, kept with its history, and looked ahead.

fields ─▶ codex, claude, google, kimi, xai ─▶ rows       what a look-up's answer says (contract A4 to A10)
headers ─▶ rows                                          what the answers to ordinary requests say on the way
rows ─▶ windows ─▶ keep                                  the tables, written by whoever reads
"""
