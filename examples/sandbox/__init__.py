"""A small real system to collect evidence from, with switches that break it in each way a check must notice.

It is no part of the installed product and knows nothing of it: what the product learns of the sandbox, it learns as it
would from a stranger's system, over HTTP, SQL and files.
"""
