"""Lineage rows as bytes of the index's database, and back. Pure.

keys       families of keys, and how ids and places stand in them
compact    ids and times in few bytes
varints    numbers, as Avro writes them
interned   words that repeat, as numbers
packed     a row as the bytes of two keys and a value, and back
wire       the bytes of a record of lineage as columns
quick      those columns as bytes of the index, without rows in between
sketch     how many different users there were, in a few bytes that name nobody
hours      what an hour brought of a provider and resource
"""
