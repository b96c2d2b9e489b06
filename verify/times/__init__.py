"""Proof of existence (存在性证明), EN 319 102-1 5.6: what was known when, and what that saves.

All formats go through one function, `timeline.timeline(trust, moment, stamps=, items=)`: it judges the document time
stamps from the newest to the oldest, each at the time of the next, and gives back the trust store with the revocation
data the file brought along, and for every place in the file the moment its signatures are judged at.
"""
