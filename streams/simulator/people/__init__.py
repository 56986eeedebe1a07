"""Made-up people: their bodies, days, devices and stories."""
