"""What a sender may hold before its signature is proved: connections, bytes of bodies, refusals. Pure: time is given.

`networks`: which addresses are proxies, which may come at all. `senders`: what is known of one address. `connections`:
who is closed when there are too many. `bodies`: the bytes of all bodies under way.
"""
