"""Presents: values in, pages out. The only user of Jinja2 and of the folder `templates/`; no clock, no other I/O."""
