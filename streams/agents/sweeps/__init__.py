"""What goes on between records: forgetting, counting, asking again after an outage."""
