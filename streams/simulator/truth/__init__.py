"""What must be found on the topics when everything was right."""
