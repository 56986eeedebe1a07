package main

import (
	"context"

	"github.com/segmentio/kafka-go"
)

func segmentio(library, bootstrap, url, group string, topics []string) {
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{bootstrap}, GroupID: group, GroupTopics: topics,
		IsolationLevel: kafka.ReadCommitted, StartOffset: kafka.FirstOffset,
	})
	decode, lines := decoder(library, url), newLines(topics)
	for !lines.over() {
		message, err := reader.ReadMessage(context.Background())
		must(err)
		if isMarker(message) {
			continue
		}
		lines.show(message.Topic, message.Offset, message.Key, decode(message.Value))
	}
}

// isMarker: kafka-go hands over the end of a transaction as a record, whose key is a version and a kind of 16 bits each.
func isMarker(message kafka.Message) bool {
	return len(message.Key) == 4 && message.Key[0] == 0 && len(message.Value) == 6
}
