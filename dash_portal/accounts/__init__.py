"""Who may come in, and what they may do: people, passwords, sessions, links, brands, and the audit log.

The verbs are plain functions over a session: `people`, `links`, `brands`. Each checks what its actor may do, and
writes its row of the audit log in the same transaction; the caller commits.
"""
