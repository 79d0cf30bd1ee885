"""The agency's side: whether every brand's data is fresh, why one's is not, and bringing on brands and people.

Questions that span brands go through `AgencySession`; each file is one subject, and `*_page.py` answer over HTTP.
"""
