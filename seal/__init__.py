"""Electronic seals (电子印章): making them, and stamping PDF and OFD with them.

GB/T 38540-2020 for the seal, PAdES for PDF, GB/T 33190-2016 for OFD. Its private keys live in `hsm`.
"""
