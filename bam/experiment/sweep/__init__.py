"""Many runs: a sweep and a search, and what they show."""
