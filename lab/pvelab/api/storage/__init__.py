"""Storage definitions and what lies on them."""
