"""The federation as data: what the stack files say, and everything that follows from them without asking anything.

Pure: no network, no clock besides the date that a caller may give, no Pulumi. `load.load_federation` is the way in.
"""
