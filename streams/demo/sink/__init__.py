"""`demo --sink postgres`: the tables against the clean topics, cell by cell, and three questions that they answer.

fold      what has to be in the tables, made of the records by one process. Pure
shapes    which cells a row has. Pure
tables    what is in them
compare   both, in numbers. Pure
follow    how far the sink is
answers   steps of each day against the simulator's truth; the questions
"""
