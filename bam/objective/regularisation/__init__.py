"""What training asks of the interests themselves: one file a term."""
