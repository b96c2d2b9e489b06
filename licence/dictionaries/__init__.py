"""Deflate dictionaries of the printed codes (编码词典), one file a type version, never edited; `make` made them."""
