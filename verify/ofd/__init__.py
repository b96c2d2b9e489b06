"""Judging OFD (OFD 验签): references, seal signatures, and what no seal protects. GB/T 33190-2016 18."""
