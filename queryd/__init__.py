"""The query daemon: answers from the file that ingestd writes, and serves the dashboard.

    throughout        shapes/       the JSON, answers and errors alike
    what is asked     asking/       calendar  dimensions  parameters  periods  ─▶  selection
    where it lies     columns/      names  blocks (chunks and tail)  matching (filters)  ─▶  view  axes (groups)
    what it comes to  engine/       tally (one block)  ─▶  table (all of them)                      exact sums
                                    grains  histograms  ranks  ─▶  observing                   exact percentiles
                                    partials (what is remembered)  ─▶  scan
    what it means     figures/      metrics  buckets  ranking  contribution
    single requests   request_log/  finding  search  cursors  rows  pricing  redaction  error_text
    the collector     state/        collector  meta  problems
    questions         questions/    one module a question; answers (what all have in common)
    HTTP              resources/    endpoints  errors  openapi  middleware  static_files  ─▶  app
    the daemon        __main__      connections  desk  memory

What stands above feeds what stands below it; folders never the other way round (a contract in setup.cfg).
"""
