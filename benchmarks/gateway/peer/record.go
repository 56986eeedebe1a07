package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// head is what a record needs of a body. Both libraries still scan all of it; encoding/json takes ten times as long.
type head struct {
	EventType string `json:"event_type"`
	UserID    string `json:"user_id"`
	TeamID    string `json:"team_id"`
}

type nested struct {
	Data struct {
		UserID string `json:"user_id"`
	} `json:"data"`
}

var errNoIdentity = errors.New("neither type nor owner")

var summaries = map[string]bool{
	"activity": true, "sleep": true, "sleep_cycle": true, "workouts": true, "body": true, "meal": true,
	"menstrual_cycle": true, "electrocardiogram": true, "profile": true, "workout_stream": true,
}

// record has the key, the partition and the CloudEvents headers that ours has.
func (g *gateway) record(body []byte, headers http.Header, receivedAt time.Time) (*kgo.Record, error) {
	var event head
	if err := g.unmarshal(body, &event); err != nil {
		return nil, err
	}
	userID := strings.ToLower(event.UserID)
	if userID == "" {
		var inner nested
		if err := g.unmarshal(body, &inner); err == nil {
			userID = strings.ToLower(inner.Data.UserID)
		}
	}
	owner := userID
	if owner == "" {
		owner = event.TeamID
	}
	if event.EventType == "" || owner == "" {
		return nil, errNoIdentity
	}
	topic, resource := route(event.EventType)
	return &kgo.Record{
		Topic:     g.prefix + ".raw." + topic,
		Partition: int32(murmur2([]byte(owner))&0x7fffffff) % g.partitions,
		Key:       []byte(owner + ":" + resource),
		Value:     body,
		Headers:   g.headers(event, userID, owner, headers, receivedAt),
	}, nil
}

// route returns the raw topic and the resource of an event type.
func route(eventType string) (string, string) {
	parts := strings.Split(eventType, ".")
	switch {
	case len(parts) == 4 && parts[0] == "historical":
		return "backfills", parts[2]
	case len(parts) == 4 && parts[0] == "daily" && summaries[parts[2]]:
		return "summaries", parts[2]
	case len(parts) == 4 && parts[0] == "daily":
		return "timeseries", parts[2]
	case len(parts) == 3 && parts[0] == "provider":
		return "connections", parts[1]
	case len(parts) == 3 && parts[0] == "labtest":
		return "labs", parts[1]
	}
	return "other", "other"
}

func (g *gateway) headers(event head, userID, owner string, sent http.Header, receivedAt time.Time) []kgo.RecordHeader {
	id, timestamp := sent.Get("svix-id"), sent.Get("svix-timestamp")
	seconds, _ := strconv.ParseInt(timestamp, 10, 64) // it was verified
	team := event.TeamID
	if team == "" {
		team = "-"
	}
	rows := make([]kgo.RecordHeader, 0, 16)
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, kgo.RecordHeader{Key: name, Value: []byte(value)})
		}
	}
	add("ce_specversion", "1.0")
	add("ce_id", id)
	add("ce_type", event.EventType)
	add("ce_source", "/junction/"+team+"/webhook/"+g.endpoint)
	add("ce_subject", userID)
	add("ce_time", rfc3339(time.Unix(seconds, 0)))
	add("content-type", "application/json")
	add("ce_receivedtime", rfc3339(receivedAt))
	add("ce_door", "webhook")
	add("ce_origin", "incremental")
	add("ce_partitionkey", owner)
	add("traceparent", sent.Get("traceparent"))
	add("tracestate", sent.Get("tracestate"))
	add("svix-id", id)
	add("svix-timestamp", timestamp)
	add("svix-signature", sent.Get("svix-signature"))
	return rows
}

func rfc3339(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// murmur2 is Kafka's (org.apache.kafka.common.utils.Utils).
func murmur2(data []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(0x9747b28c) ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24
		k *= m
		k ^= k >> 24
		h = h*m ^ k*m
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(data[0])) * m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
