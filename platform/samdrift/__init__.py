"""samdrift: the common technical platform of a Shared IT Service Centre, as code."""
