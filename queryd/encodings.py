"""Which content coding a client takes: `Accept-Encoding` as RFC 9110 section 12.5.3 reads it."""


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether gzip may be sent: by its own name, else by `*`. What cannot be read as a weight counts as a no."""
    weights: dict[str, float] = {}
    for part in (accept_encoding or "").split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip().lower()] = _weight(parameters)
    for name in ("gzip", "x-gzip", "*"):
        if name in weights:
            return weights[name] > 0
    return False


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if not name.strip():
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
