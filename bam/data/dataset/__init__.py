"""From a raw file or download to prepared, memory-mapped interactions.

file, table, prepare, planted and synthetic are what YAML names. They use
    read       kinds of files: bytes become tables of user, item, time and rating
    publisher  formats of data sets, each by one of these readers
    build      such a table becomes the arrays and tables of a prepared folder
"""
