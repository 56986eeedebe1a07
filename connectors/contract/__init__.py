"""What a source and a sink are, and what all connectors need on their way."""
