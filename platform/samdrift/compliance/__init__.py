"""From observations on the platform to verdicts on the standard, and to the report of them."""
