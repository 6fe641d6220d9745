"""Several models side by side are one model, whose vectors have the dimensions of all of them.

An interest of a member is 0 in the dimensions of the others. So its inner product with the row of
an item, in which the members' rows follow one another, is the member's own.
"""
