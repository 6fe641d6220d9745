"""One run: trained, tested, and shown while it works."""
