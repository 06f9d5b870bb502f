"""Operations and plain functions that several roles share. Nothing here knows a role."""
