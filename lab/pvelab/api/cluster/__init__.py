"""The cluster as a whole: version, resources, ids, log."""
