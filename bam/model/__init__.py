"""A history becomes interests and scores."""
