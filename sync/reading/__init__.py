"""Answers -> whole lists: what is asked for, page by page, and kept as it came."""
