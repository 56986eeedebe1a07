"""What the people's devices make Junction send, delivery by delivery."""
