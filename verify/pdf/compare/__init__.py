"""What later revisions changed in a PDF (修订比对): two revisions read side by side, each difference named.

The comparison follows what a reader would show: pages, forms and catalog, from the top, each revision through its own
cross-reference. How a change was brought about (new object, moved entry, object stream) makes no difference to it.
"""
