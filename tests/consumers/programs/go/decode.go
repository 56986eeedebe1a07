package main

import (
	"context"
	"encoding/binary"

	"github.com/hamba/avro/v2/registry"
	"github.com/linkedin/goavro/v2"
)

// decoder: of values in the wire format, by one of two libraries; nil is a row that is deleted.
func decoder(library, url string) func([]byte) map[string]any {
	decode := byLibrary(library, url)
	return func(wire []byte) map[string]any {
		if wire == nil {
			return nil
		}
		return decode(wire)
	}
}

func byLibrary(library, url string) func([]byte) map[string]any {
	client, err := registry.NewClient(url)
	must(err)
	if library == "goavro" {
		return byGoavro(client)
	}
	decoder := registry.NewDecoder(client)
	return func(wire []byte) map[string]any {
		var record map[string]any
		must(decoder.Decode(context.Background(), wire, &record))
		return record
	}
}

func byGoavro(client *registry.Client) func([]byte) map[string]any {
	known := map[int]*goavro.Codec{}
	return func(wire []byte) map[string]any {
		id := int(binary.BigEndian.Uint32(wire[1:5]))
		if known[id] == nil {
			schema, err := client.GetSchema(context.Background(), id)
			must(err)
			text, err := schema.(interface{ MarshalJSON() ([]byte, error) }).MarshalJSON()
			must(err)
			known[id], err = goavro.NewCodec(string(text))
			must(err)
		}
		record, _, err := known[id].NativeFromBinary(wire[5:])
		must(err)
		return record.(map[string]any)
	}
}
