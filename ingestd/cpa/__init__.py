"""What every conversation with CPA needs: its address, TLS, the errors it gives, when it may be asked again.

`ingestd.queue` takes events out of it; `management` asks the rest.
"""
