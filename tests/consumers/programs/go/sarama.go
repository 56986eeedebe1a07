package main

import (
	"context"
	"sync"

	"github.com/IBM/sarama"
)

type saramaHandler struct {
	lines  *Lines
	decode func([]byte) map[string]any
	lock   sync.Mutex // a goroutine for each partition
	stop   func()
}

func (*saramaHandler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*saramaHandler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (handler *saramaHandler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		handler.lock.Lock()
		handler.lines.show(message.Topic, message.Offset, message.Key, handler.decode(message.Value))
		if handler.lines.over() {
			handler.stop()
		}
		handler.lock.Unlock()
		session.MarkMessage(message, "")
	}
	return nil
}

func saramaGroup(library, bootstrap, url, group string, topics []string) {
	config := sarama.NewConfig()
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	consumer, err := sarama.NewConsumerGroup([]string{bootstrap}, group, config)
	must(err)
	ctx, stop := context.WithCancel(context.Background())
	handler := &saramaHandler{lines: newLines(topics), decode: decoder(library, url), stop: stop}
	for ctx.Err() == nil {
		must(consumer.Consume(ctx, topics, handler))
	}
}
