"""The process that keeps the index and answers, and how it is asked.

questions   a question in a person's words, as parameters of a URL, and back. Pure
server      answers over HTTP, behind the token of the query API
client      asks it; its answers are the same stories
"""
