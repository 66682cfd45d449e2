"""Handing figures to the systems that watch this one: a file for a collector, an endpoint for a scraper."""
