package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Lines prints a line of JSON for each record that a program was given: what the runner compares.
type Lines struct{ left map[string]bool }

func newLines(topics []string) *Lines {
	left := map[string]bool{}
	for _, topic := range topics {
		left[topic] = true
	}
	return &Lines{left}
}

// over: the last record of every topic has come.
func (lines *Lines) over() bool { return len(lines.left) == 0 }

func (lines *Lines) show(topic string, offset int64, key []byte, record map[string]any) {
	line := map[string]any{"topic": topic, "key": string(key), "offset": offset, "value": nil}
	if record != nil {
		line["value"] = fields(record)
	}
	text, err := json.Marshal(line)
	must(err)
	fmt.Println(string(text))
	if string(key) == "end" {
		delete(lines.left, topic)
	}
}

func fields(record map[string]any) map[string]any {
	source, version := record["source"].(map[string]any), record["version"].(map[string]any)
	value := map[string]any{
		"user_id":      record["user_id"],
		"provider":     source["provider"],
		"device_id":    plain(source["device_id"]),
		"content_hash": fmt.Sprint(version["content_hash"]),
		"delivered_ms": version["delivered_at"].(time.Time).UnixMilli(),
		"updated_us":   plain(version["updated_at"]),
	}
	if times, ok := record["times"].([]any); ok {
		value["offset_s"], value["first_day"] = plain(record["timezone_offset_s"]), day(record["first_local_date"])
		value["times_us"], value["ends_us"], value["values"] = all(times), all(record["ends"].([]any)), record["values"]
		return value
	}
	value["id"], value["day"], value["steps"] = record["id"], day(record["calendar_date"]), plain(record["steps"])
	value["distance_m"], value["wheelchair"] = plain(record["distance_m"]), plain(record["is_wheelchair_used"])
	return value
}

// plain: what is behind a nullable column, times in microseconds.
func plain(value any) any {
	switch it := value.(type) {
	case map[string]any: // goavro and hamba's maps name the branch of a union
		for _, inner := range it {
			return plain(inner)
		}
	case time.Time:
		return it.UnixMicro()
	case *time.Time:
		return it.UnixMicro()
	}
	return value
}

func day(value any) any {
	if micros, ok := plain(value).(int64); ok {
		return micros / int64(24*time.Hour/time.Microsecond)
	}
	return nil
}

func all(values []any) []any {
	found := make([]any, 0, len(values))
	for _, value := range values {
		found = append(found, plain(value))
	}
	return found
}

// must ends a program that cannot go on, as a service would that is restarted for ever.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
