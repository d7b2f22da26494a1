"""`python -m memio`, where the console script is not on the path."""

import sys

from memio.cli import main

sys.exit(main())
