"""`make demo`: the whole product against the stand-in, on a fresh WORK_DIR, with no configuration."""
