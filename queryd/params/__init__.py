"""What is asked: query parameters, dimensions, and the local days, hours and buckets of a range."""
