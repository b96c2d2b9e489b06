"""Batches (批量用章): up to 100,000 documents under one order, each sealed once whoever dies on the way."""
