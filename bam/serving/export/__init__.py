"""A trained model as a folder that others can serve: vectors, names, an encoder and an index."""
