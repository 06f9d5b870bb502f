"""One molecule scenario a role: guests of a lab of its own, the role deployed twice, and looked at."""
