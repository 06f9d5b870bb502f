"""What holds for every test: signals are as a person's terminal gives them, and no time decides what passes."""

import signal

from hypothesis import settings

# A shell that starts the tests in the background makes them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes is the machine's business.
settings.register_profile("samdrift", deadline=None)
settings.load_profile("samdrift")
