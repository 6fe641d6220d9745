"""The symbols of the papers for options that are columns of a table."""

SYMBOLS = {
    "selection.tau": "τ",
    "selection.linear_size": "d'",
    "num_interests": "K",
    "dim": "D",
    "num_negatives": "S",
    "history_length": "L",
    "batch_size": "B",
}
