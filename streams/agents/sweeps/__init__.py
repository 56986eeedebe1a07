"""What goes on between records, a few rows a punctuation: `expiry` forgets, `census` counts, `outage` asks again."""
