"""Judging PDF (PDF 验签): our own list of signatures, our own CMS; pyHanko reads objects and compares revisions."""
