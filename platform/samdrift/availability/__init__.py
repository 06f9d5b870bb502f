"""How available each service was at each member's own networks, from the samples that the monitor keeps (SLA-03).

Pure but for `fetch`: the same lines give the same figures, whoever recomputes them.
"""
