"""What every process has and its operator sees: settings, errors, log, metrics, terminal."""
