package main

import (
	"context"

	"github.com/hamba/avro/v2/registry"
	"github.com/twmb/franz-go/pkg/kgo"
)

func franz(library, bootstrap, url, group string, topics []string) {
	if library == "goavro" {
		franzWith(decoder(library, url), bootstrap, group, topics)
		return
	}
	lines, ctx := newLines(topics), context.Background()
	handle := func(r *kgo.Record, record map[string]any) { lines.show(r.Topic, r.Offset, r.Key, record) }
	// docs: begin
	schemas, err := registry.NewClient(url)
	must(err)
	avro := registry.NewDecoder(schemas) // reads the head, asks once for each schema id
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.AutoCommitMarks())
	must(err)
	defer client.Close()
	for !lines.over() {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			var record map[string]any
			if r.Value != nil { // else the row is deleted
				must(avro.Decode(ctx, r.Value, &record))
			}
			handle(r, record)           // your part
			client.MarkCommitRecords(r) // committed in the background, and never before handle is through
		})
	}
	// docs: end
}

func franzWith(decode func([]byte) map[string]any, bootstrap, group string, topics []string) {
	lines := newLines(topics)
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	must(err)
	defer client.Close()
	for !lines.over() {
		client.PollFetches(context.Background()).EachRecord(func(r *kgo.Record) {
			lines.show(r.Topic, r.Offset, r.Key, decode(r.Value))
		})
	}
}
