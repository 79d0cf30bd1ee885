"""`python -m sync`: the write wing's command lines."""

import gc
import sys

gc.disable()  # all that is imported stays: to look for garbage in it meanwhile was a fifth of a command's start

from sync.command_line import main  # noqa: E402

gc.freeze()
gc.enable()
sys.exit(main())
