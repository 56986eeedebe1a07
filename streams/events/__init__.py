"""What an event is: type, owner, signature, resource; the topic, key, headers and schema it gets. Pure tables."""
