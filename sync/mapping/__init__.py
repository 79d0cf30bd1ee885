"""Wire -> records -> rows: pure rules over plain data."""
