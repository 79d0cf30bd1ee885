"""A backup is one file that holds every row of the database, and that can tell whether it does."""
