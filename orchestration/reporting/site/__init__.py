"""The site around the memorandum and the indicators' pages: its entrance and one module a page.

The rows come from ``data`` and ``series``, which the memorandum and the indicators' pages read too.
"""
