"""Google's own fake of Pub/Sub (`pstest`) as a program in Go; `streams.demo.pipelines.pubsub` builds and runs it."""
