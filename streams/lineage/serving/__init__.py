"""The process that keeps the index and answers, and how it is asked.

questions   a question in a person's words, as parameters of a URL, and back. Pure
answers     who answers: an index and those who ask Kafka, gateways and Junction
server      answers over HTTP, behind the token of the query API
service     `lineage serve`: the index, the server, and what it tells of itself
client      asks it; its answers are the same stories
from_kafka  answers where no console is, from what is read of Kafka for one question
"""
