"""What every page is made of: the shell, cards, chart cards, tables, panels. One part, one file, one function."""
