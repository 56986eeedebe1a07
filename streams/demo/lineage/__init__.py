"""Answers of the console, compared with the truth of the demo: deliveries that were sent, and some that were not."""
