"""A rules file tried on the records that are there: which alerts would have opened.

data_span  the users and the span of the data, from which rates are made; pure
replay     stored records as if each had arrived live; pure
trial      rules evaluated in memory; pure
runner     reads the topics, partition by partition
"""
