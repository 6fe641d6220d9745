"""Many runs: what they gave, side by side."""
