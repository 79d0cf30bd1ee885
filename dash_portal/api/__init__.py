"""JSON and CSV for programs: `/api/v1`, and the paths from before there were versions."""
