"""What sums and percentiles mean: metrics, time buckets, rankings, what made a difference."""
