"""What tells an operator how the portal does: answers for monitors, figures, and lines for what is slow."""
