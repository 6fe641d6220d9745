"""One JSON object a line."""

import json
from pathlib import Path


class Jsonl:
    """Appends to `path`; each line is on disk before training goes on."""

    def __init__(self, path: str):
        self.path = Path(path)

    def __call__(self, record: dict[str, int | float]) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps(record) + "\n")
