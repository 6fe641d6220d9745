"""History in, interests out: one file a backbone."""
