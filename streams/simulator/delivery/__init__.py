"""How events reach a receiver: in which order, how often, signed and posted until they are accepted."""
