"""The collector: the only writer of what CPA said.

    source ──▶ inbox ──▶ decode ──▶ normalize ──▶ pricebook ──▶ store ──▶ seal
    pop          raw,      event or   canonical     frozen        events,    columns
    subscribe    first     a reason   tokens        cost          dimensions in chunks
    http

`pipeline` composes them, `runner` gives them time, `schedule` lists the periodic work.
"""
