"""One file per dashboard: its domain rules, its questions to the database, and what it shows."""
