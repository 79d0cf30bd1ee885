"""Rows -> tables: set-based, in one transaction per resource, with everything that follows from it."""
