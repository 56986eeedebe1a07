"""What can never be processed: why, what would become of it now, and how it goes back."""
