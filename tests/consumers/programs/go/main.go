// Readers in Go: CLIENT AVRO BOOTSTRAP REGISTRY GROUP TOPIC...
package main

import "os"

func main() {
	client, codec, bootstrap, url, group, topics := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6:]
	run := map[string]func(string, string, string, string, []string){
		"franz-go": franz, "sarama": saramaGroup, "kafka-go": segmentio,
	}
	run[client](codec, bootstrap, url, group, topics)
}
