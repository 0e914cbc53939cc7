"""The dashboard in a real Chromium, against the real daemons and the stand-in."""
