"""What holds for every test: signals are as a person's terminal gives them, also when the run is in the background."""

import signal

# A shell that starts the tests in the background makes them, and all that they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
