"""What a ranking is measured by: one file a metric."""
