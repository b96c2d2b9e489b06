"""bench 测速: every speed beside its floor or a named peer, in the same run on the same machine.

Figures are CPU milliseconds per operation of this process (user + system), best of several rounds: the machines are
shared, so wall-clock rates drift while ratios hold.
"""
