"""Stamping PDF (PDF 签章): what may be stamped, and the incremental revision that carries a signature.

The one place of this room that speaks to pyHanko.
"""
