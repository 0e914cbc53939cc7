"""The query daemon: answers from the file that ingestd writes, and serves the dashboard.

    what is asked     parameters  dimensions  periods  calendar  ─▶  selection
    where it lies     names  blocks (chunks and tail)  matching (filters)  ─▶  view  axes (groups)
    exact sums        tally (one block)  ─▶  table (all of them)
    percentiles       grains  histograms  observing  ranks
    remembered        partials  memory
    figures           scan  metrics  buckets  ranking  contribution  ─▶  questions/
    the request log   finding  search  cursors  rows  pricing  redaction  error_text  ─▶  questions/
    the daemon        collector  meta  problems  connections  desk
    HTTP              endpoints  answers  shapes/  openapi  resources/  middleware  errors  static_files  ─▶  app

What stands before an arrow feeds what stands behind it.
"""
