"""Finished runs side by side: tables and reports."""
