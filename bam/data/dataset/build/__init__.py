"""From interactions in a table to the arrays that training maps into memory."""
