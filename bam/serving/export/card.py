"""The model card of an export, CARD.md."""

from pathlib import Path

from bam.serving.export.files import CARD
from bam.serving.export.manifest import Manifest
from bam.system.files import write_text


def write_card(folder: Path, manifest: Manifest) -> None:
    """Write what the export is, for people."""
    write_text(folder / CARD, f"# {manifest.data}\n")
