"""The engine in Faust's place: consumer, assignment, tables, life of the process."""
