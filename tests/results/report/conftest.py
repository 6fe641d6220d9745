from tests.results.left import finished, unfinished

__all__ = ["finished", "unfinished"]
