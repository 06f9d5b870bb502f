"""Zones, VNets and subnets, pending and applied."""
