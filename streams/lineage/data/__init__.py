"""The story of a user's data: which deliveries touched it, what each changed, what is said of a moment. Pure.

days       local days as a person names them, in the user's own clock
touching   what lineage rows say of a day, of an entity, of a moment
"""
