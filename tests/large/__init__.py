"""make check-large: data that do not fit into memory are prepared within a limit of memory."""
