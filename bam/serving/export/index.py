"""The file of an index: a FAISS index over the items' vectors; its row i is item i + 1."""

from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from bam.errors import Mistake, require
from bam.evaluation.ranking import Catalogue
from bam.serving.export.files import INDEX, REMEDY, check_file
from bam.serving.faiss import load_faiss
from bam.serving.index.exact import Exact as Flat
from bam.serving.indexed import Indexed
from bam.serving.search import ITEMS, Exact

FLAT = b"IxFI"  # how FAISS's file of a flat index of inner products begins


def write_index(folder: Path, index: Any) -> None:
    """Write what an option of bam.serving.index has built."""
    load_faiss().write_index(index, str(folder / INDEX))


def open_search(folder: Path, table: Float[Tensor, "V1 D"]) -> Indexed:
    """Search by the index of an export. A flat index is made of the table, and not read.

    Raises:
        Mistake: the file is damaged, or of other vectors.
    """
    path = folder / INDEX
    check_file(path)
    with path.open("rb") as file:
        is_flat = file.read(len(FLAT)) == FLAT
    vectors = table[1:].contiguous()
    return search_by(Flat()(vectors) if is_flat else _read(path, *vectors.shape), table)


def search_by(index: Any, table: Float[Tensor, "V1 D"]) -> Indexed:
    """Search by a FAISS index; a flat index has the true lists."""
    exact = Exact(Catalogue.of(table, ITEMS, 1, copied=False))
    return Indexed(index, table, exact, is_true=isinstance(index, load_faiss().IndexFlat))


def _read(path: Path, num_items: int, dim: int) -> Any:
    """What `write_index` wrote. FAISS does not defend itself against a forged file."""
    try:
        index = load_faiss().read_index(str(path))
    except RuntimeError as error:
        raise Mistake(f"{path}: no whole index ({error}); {REMEDY}") from error
    found = (index.ntotal, index.d)
    require(
        found == (num_items, dim), f"{path} must have {num_items} vectors of {dim} numbers", found
    )
    return index
