"""What `samdrift bench` measures on a platform that is up: each figure beside a reference of the same run."""
