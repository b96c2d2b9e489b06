"""Regions and whom we believe there (区域互认): roots with scopes, signed lists of them, who changed what.

What a root may vouch for is said where it is trusted, not by itself: places, types of licence, period, withdrawal.
Changes by hand need two people; a signed list is believed for its signers, whom two people agreed to.
"""
