"""The raw formats of data sets, one file for each publisher."""
