"""Evidence records (证据记录), RFC 4998: one time stamp a day over everything sealed that day.

Collect (digest each sealed file once) → plant (a hash tree over the files of a day that is over) → stamp. Renewed
while the last stamp's certificate lives, and over the files anew when a digest weakens. `record` is the wire format,
`exporting` gives the record of one file; `verify.times.records` judges them. For OFD this is the long life there is.
"""
