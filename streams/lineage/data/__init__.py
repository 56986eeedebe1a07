"""The story of a user's data: which deliveries touched it, what each changed, what is said of a moment. Pure.

asked      users and resources in a person's words
clocks     by which clock a user lives
days       local days as a person names them, in the user's own clock
touching   what lineage rows say of a day, of an entity, of a moment
question   what is asked, which rows answer it, whose originals are read for it
originals  raw records of rows, and what this build reads in them
versions   summaries folded again: what this build judges, what differs between versions
moments    samples of an hour folded again: which delivery said what of a moment
story_of_data  all of that, as a story
"""
