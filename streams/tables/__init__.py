"""What is remembered of a user and how a delivery changes it: verdicts, and states that merge in any order. Pure."""
