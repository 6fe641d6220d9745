"""What a finished run is used for: one module for each command."""
