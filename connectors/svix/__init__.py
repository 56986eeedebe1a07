"""Svix's API for one application, by Svix's own package: what failed, sent again (domain file, 7.2). `client` has it.

Junction has no such call; a token for it has to be asked for. No answer's text is told, and no token.
"""
