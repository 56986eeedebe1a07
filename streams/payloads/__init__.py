"""What a body says, as typed values, in both generations of payloads. Pure."""
