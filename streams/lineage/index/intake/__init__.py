"""Topics → index: what is read, and up to where it is.

positions   how far each partition is read, and of which topic. Pure
records     a record of each topic as what the index keeps of it
log         the topics, read from given places on
progress    how far the index reaches, by how far each partition is read
retention   which days go: by their age, and by the room that there is
care        what is done now and then: who is forgotten goes, days go, room is made
patience    how long records wait whose schema nobody knows. Pure
loop        the thread that reads, writes, waits where it has to
scan        a part of the topics into an index that is asked once
"""
