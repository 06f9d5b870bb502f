"""The checks of the agreed standard on the running platform; `samdrift verify` runs them."""
