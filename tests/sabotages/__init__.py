"""Changes to a running lab that must turn a check red: what proves that the check sees anything. Never elsewhere."""
