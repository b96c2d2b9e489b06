"""Signatures beside a file (分离式签名): over any octets, or over a digest when the file stays where it is."""
