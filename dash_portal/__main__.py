"""`python -m dash_portal`: the portal's command lines."""

import sys

from dash_portal.command_line import main

sys.exit(main())
