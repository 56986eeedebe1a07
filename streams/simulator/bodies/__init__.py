"""What Junction writes of a person: the objects of summaries and series, their history, and the body around them."""
