"""The collector: the only writer of what CPA said.

    queue ───▶ inbox ──▶ decode ──▶ normalize ──▶ pricebook ──▶ store ──▶ seal
    pop          raw,      event or   canonical     frozen        events,    columns
    subscribe    first     a reason   tokens        cost          dimensions in chunks
    http

`pipeline` composes them, and `collector` gives them time. `worker` runs what takes long, `tasks` lists all periodic
work, `heartbeat` says how it goes, `daemon` puts everything together.
"""
