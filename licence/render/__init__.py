"""Licence pages (证照版面): one page model, two writers (PDF and OFD), octet for octet repeatable."""
