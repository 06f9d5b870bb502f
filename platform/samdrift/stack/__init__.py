"""The programs: what a hall's, a vault's and a member's stack consists of. Composition only; parts are components."""
