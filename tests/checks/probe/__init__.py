"""Places from which checks observe, and the small programs that run there."""
