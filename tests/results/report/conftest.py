from tests.results.run_folder import finished, unfinished

__all__ = ["finished", "unfinished"]
