"""The query daemon: answers from the file that ingestd writes, and serves the dashboard."""
