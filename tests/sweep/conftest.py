from tests.left import finished, unfinished

__all__ = ["finished", "unfinished"]
