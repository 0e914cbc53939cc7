"""The query daemon: answers from the file that ingestd writes, and serves the dashboard.

    throughout        shapes/       the JSON, answers and errors alike
    what is asked     params/       calendar  dimensions  parameters  ranges  ─▶  selection
    where it lies     storage/      chunks (and the tail)  dictionary (the names of ids)
    what it comes to  aggregate/    row_filter  row_selection  grouping  ─▶  sums (one block)  ─▶  grid (all of them)
                                    percentiles  cache  ─▶  snapshot
    what it means     figures/      metrics  buckets  top_values  change_attribution
    single requests   request_log/  top_rows  search  cursors  rows  pricing  redaction  error_text
    the collector     state/        collector  meta  problems
    questions         questions/    one module a question; envelope (what all answers have in common)
    HTTP              resources/    endpoints  body  ─▶  routes (the one table)  ─▶  openapi  ─▶  app
                                    middleware  static_files
    who asks          callers (proxies)  sessions  login_limit
    what is edited    writer        the one writing connection; labels, commands, sessions … in resources/
    the daemon        __main__      serving (waitress)  certificate  connections  context  version  admission
                                    errors  hosts  encodings  malloc

What stands above feeds what stands below it; folders never the other way round (a contract in setup.cfg).
"""
