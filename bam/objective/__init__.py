"""Interests become a number to minimise."""
