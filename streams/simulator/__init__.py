"""The fake Junction: a seeded world of users, its deliveries over HTTP with faults, and the truth to compare with.

`people`: who lives there, their bodies, habits and links. `bodies`: what Junction writes of them, in both generations.
`world`: when it reports what, and what its API has in the end (`inventory`). `delivery`: events posted as Svix does,
with duplicates, disorder and lost replies. `truth`: what the clean topics must hold. `api`: the API over the
same world. `command` is `simulate`. Everything follows from a seed (`randomness`): the same arguments, the same bytes.
"""
