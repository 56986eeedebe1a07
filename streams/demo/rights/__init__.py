"""What each role may do on a Kafka with rights, tried: all that it may not is refused.

attempts    what is tried, and what has to come of it
broker      each attempt at a real Kafka
matrix      all of them, and what did not come out as it has to
show        as a table
"""
