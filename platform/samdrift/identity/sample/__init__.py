"""Registers of invented people, for labs: the HR export and the school register of a member that names a size.

The lab's accounts come from these by the same way as real ones: nothing else in samdrift knows what a sample is.
"""
