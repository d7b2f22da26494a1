"""What all tests of core need."""

from __future__ import annotations

import signal

# Started in the background, a shell lets its children ignore Ctrl-C. The tests that interrupt processes would wait for
# ever: what ignores it hands that on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
