"""When, and for whom: the worker, its schedule, one brand's run, and what people ask for."""
