"""How collection goes: the collector's heartbeat, the file's own facts, and what is wrong."""
