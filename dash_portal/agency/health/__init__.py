"""How every brand stands: its last runs, its ages, the one state that follows from them, and how a row shows it.

`sync_health` puts a brand's row together from `runs`, `ages` and `state`; `rendering` draws it.
"""
