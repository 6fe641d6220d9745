"""A raw file becomes batches: data set, split, sampling."""
