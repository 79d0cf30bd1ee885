"""What every page is made of: few, rich components. One part, one file; `shell.py` puts them together."""
