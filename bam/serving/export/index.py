"""The file of an index: a FAISS index over the items' vectors; its row i is item i + 1."""

from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from bam.errors import Mistake, require
from bam.evaluation.ranking import Catalogue
from bam.serving.export.files import INDEX, REMEDY, check_file
from bam.serving.faiss import load_faiss
from bam.serving.indexed import Indexed
from bam.serving.search import ITEMS, Exact


def write_index(folder: Path, index: Any) -> None:
    """Write what an option of bam.serving.index has built."""
    load_faiss().write_index(index, str(folder / INDEX))


def open_search(folder: Path, table: Float[Tensor, "V1 D"]) -> Indexed:
    """Search by the index of an export; a flat index has the true lists.

    Raises:
        Mistake: the file is damaged, or of other vectors.
    """
    index = read_index(folder, len(table) - 1, table.shape[1])
    return search_by(index, table)


def search_by(index: Any, table: Float[Tensor, "V1 D"]) -> Indexed:
    """Search by a FAISS index; a flat index has the true lists."""
    is_flat = isinstance(index, load_faiss().IndexFlat)
    return Indexed(
        index, table, Exact(Catalogue.of(table, ITEMS, 1, copied=False)) if is_flat else None
    )


def read_index(folder: Path, num_items: int, dim: int) -> Any:
    """What `write_index` wrote. FAISS parses the file; it executes nothing of it.

    Raises:
        Mistake: the file is damaged, or of other vectors.
    """
    check_file(folder / INDEX)
    try:
        index = load_faiss().read_index(str(folder / INDEX))
    except RuntimeError as error:
        raise Mistake(f"{folder / INDEX}: no whole index ({error}); {REMEDY}") from error
    found = (index.ntotal, index.d)
    rule = f"{folder / INDEX} must have {num_items} vectors of {dim} numbers"
    require(found == (num_items, dim), rule, found)
    return index
