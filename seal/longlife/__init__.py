"""Long life of a sealed PDF (长期有效): revocation data beside it (B-LT), document time stamps over it (B-LTA).

EN 319 142-1 5.4 and 6, ISO 32000-2 12.8.4. Each step is one incremental revision; what was sealed stays the beginning
of the file, so a certified file (P=1) stays certified. What the callers use:

    from seal.longlife.levels import Level                      # B_T, B_LT, B_LTA
    from seal.longlife.region import extend_now
    longer = extend_now(room, sealed, level)                    # SealRoom, bytes, Level → bytes; B_T gives them back

`extend_now` is for an order that asks for the level at once: a fresh OCSP answer of this hour for every seal and time
stamp certificate. The next-day job (`job`) waits for the first lists after the signature instead, and `renew` carries
an archive on. Below both stands `extending.extend`, which takes its data from any `Sources` and stamps from any
`Stamper`. OFD has no place for either; its SES signature carries a time stamp, and evidence records stand beside it.
"""
