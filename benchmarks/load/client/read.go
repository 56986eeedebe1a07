package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	groupOffsets = "__consumer_offsets"
	prefixBytes  = 1024 // of a record's value: its provenance lies in there
	flushEvery   = 200 * time.Millisecond
)

// read follows, as a reader of committed records, what the worker writes: the clean topics, and the offsets of its group,
// which Kafka shows when their transaction has committed. Lines of the file, fields separated by tabs, times in Unix
// microseconds when this reader had them:
//
//	offset  TOPIC  PARTITION  OFFSET  TIME          the group has processed what is before OFFSET
//	record  TOPIC  PARTITION  OFFSET  TIME  BASE64  one of SAMPLE records; the beginning of its value
//	traced  TOPIC  PARTITION  OFFSET  TIME  BASE64  TRACEPARENT  each record of -whole, and the trace that it carries on
//	count   TOPIC  RECORDS                          at the end
func read(arguments []string) {
	flags := flag.NewFlagSet("read", flag.ExitOnError)
	brokers := flags.String("brokers", "127.0.0.1:9092", "bootstrap servers")
	group := flags.String("group", "junction-streams", "of the worker")
	topics := flags.String("topics", "", "clean topics, separated by commas")
	whole := flags.String("whole", "", "that one of them whose records are written whole, and all of them")
	sample := flags.Int64("sample", 4, "of so many records one is written")
	out := flags.String("out", "", "file")
	_ = flags.Parse(arguments)

	file, err := os.Create(*out)
	if err != nil {
		log.Fatalf("out: %v", err)
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	lines := &lines{out: bufio.NewWriterSize(file, 1<<20)}
	go lines.flushSometimes(stop)
	counts := map[string]int{}
	var readers sync.WaitGroup
	readers.Go(func() {
		follow(stop, *brokers, []string{groupOffsets}, func(record *kgo.Record, now int64) {
			lines.offset(record, *group, now)
		})
	})
	readers.Go(func() {
		follow(stop, *brokers, strings.Split(*topics, ","), func(record *kgo.Record, now int64) {
			counts[record.Topic]++
			if record.Topic == *whole {
				lines.traced(record, now)
			} else if record.Offset%*sample == 0 {
				lines.record(record, now)
			}
		})
	})
	readers.Wait()
	for topic, n := range counts {
		lines.write("count\t%s\t%d\n", topic, n)
	}
	lines.flush()
}

// follow hands every record of some topics to a function, with the time at which it was here.
func follow(stop context.Context, brokers string, topics []string, take func(*kgo.Record, int64)) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers),
		kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500*time.Millisecond), // Java's and librdkafka's default
		kgo.FetchMaxBytes(50<<20),
	)
	if err != nil {
		log.Fatalf("kafka: %v", err)
	}
	defer client.Close()
	for {
		fetched := client.PollFetches(stop)
		if stop.Err() != nil {
			return
		}
		fetched.EachError(func(topic string, _ int32, err error) { log.Printf("%s: %v", topic, err) })
		now := time.Now().UnixMicro()
		fetched.EachRecord(func(record *kgo.Record) { take(record, now) })
	}
}

// lines is the file, written by two readers.
type lines struct {
	mutex sync.Mutex
	out   *bufio.Writer
}

func (l *lines) write(format string, values ...any) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	fmt.Fprintf(l.out, format, values...)
}

func (l *lines) flush() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if err := l.out.Flush(); err != nil {
		log.Fatal(err)
	}
}

func (l *lines) flushSometimes(stop context.Context) {
	for stop.Err() == nil {
		time.Sleep(flushEvery)
		l.flush()
	}
}

func (l *lines) record(record *kgo.Record, now int64) {
	text := base64.StdEncoding.EncodeToString(record.Value[:min(len(record.Value), prefixBytes)])
	l.write("record\t%s\t%d\t%d\t%d\t%s\n", record.Topic, record.Partition, record.Offset, now, text)
}

func (l *lines) traced(record *kgo.Record, now int64) {
	trace := ""
	for _, header := range record.Headers {
		if header.Key == "traceparent" {
			trace = string(header.Value)
		}
	}
	text := base64.StdEncoding.EncodeToString(record.Value)
	l.write("traced\t%s\t%d\t%d\t%d\t%s\t%s\n", record.Topic, record.Partition, record.Offset, now, text, trace)
}

// offset takes what a group has committed; records about other groups, and about members, are passed over.
func (l *lines) offset(record *kgo.Record, group string, now int64) {
	var key kmsg.OffsetCommitKey
	var value kmsg.OffsetCommitValue
	if len(record.Key) < 2 || record.Key[1] > 1 || record.Value == nil {
		return
	}
	if key.ReadFrom(record.Key) != nil || value.ReadFrom(record.Value) != nil || key.Group != group {
		return
	}
	l.write("offset\t%s\t%d\t%d\t%d\n", key.Topic, key.Partition, value.Offset, now)
}
