"""The wire: calls to ClientTether, what their answers say, and whose access is refused."""
