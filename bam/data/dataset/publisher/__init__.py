"""The raw formats of data sets, one file a publisher."""
