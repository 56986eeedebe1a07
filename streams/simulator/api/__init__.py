"""The fake Junction's Data Access API: real paths, real HTTP, the same world that the deliveries come from."""
