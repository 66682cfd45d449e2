"""Readiness documents that people wrote by hand, read as drafts of catalogues: every status in them is a claim."""
