"""docker-compose.yml as it is, on a real Docker Engine: brought up, loaded, broken, stopped, and compared."""
