"""Single requests: found, searched, paged through, priced line by line, without secrets."""
