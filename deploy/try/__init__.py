"""A Docker Engine made of Debian's packages, and stand-ins for the images that docker-compose.yml pins.

For machines with neither Docker nor an image registry. Needs root on a Debian; changes only the user's cache.

`debian` makes file systems, `engine` starts the engine in one of them, `images` fills it. What a stand-in is and where
it differs from the image that it stands for, says the first comment of its Dockerfile in `standins/`.
"""
