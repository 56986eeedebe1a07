package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

const repeatedWithinS = 30 // a delivery is repeated within so many seconds of its first attempt, as after a lost reply

// delivery is one attempt. A repeated one has the id and the body of the first.
type delivery struct {
	id   string
	body []byte
	due  time.Time
}

// result is what `send` prints as JSON. Times in milliseconds: `Late` behind the schedule when an attempt began, the others
// from the time at which it was due to its answer. `NextOffset`: where the next run goes on in the file of bodies.
type result struct {
	Sent       int            `json:"sent"`
	OK         int            `json:"ok"`
	Repeated   int            `json:"repeated"`
	Refused    map[string]int `json:"refused"`
	Failed     int            `json:"failed"`
	Unsent     int            `json:"unsent"`
	BodyBytes  int            `json:"body_bytes"`
	Seconds    float64        `json:"seconds"`
	LateP99    float64        `json:"late_p99_ms"`
	P50        float64        `json:"p50_ms"`
	P99        float64        `json:"p99_ms"`
	P999       float64        `json:"p999_ms"`
	CPU        float64        `json:"cpu_s"`
	NextOffset int            `json:"next_offset"`
}

// send plays bodies as an open loop: an attempt begins when it is due, however slow the answers to others are. Its 2xx
// ids go to a file, one a line.
func send(arguments []string) {
	flags := flag.NewFlagSet("send", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:8080", "host:port of the gateway")
	path := flags.String("path", "/webhooks/bench", "of the endpoint")
	secret := flags.String("secret", "", "signing secret, whsec_...")
	file := flags.String("bodies", "", "file of bodies: four bytes of length, then the body")
	offset := flags.Int("offset", 0, "where to begin in it")
	rate := flags.Float64("rate", 500, "attempts a second")
	seconds := flags.Float64("seconds", 10, "how long")
	connections := flags.Int("connections", 128, "kept open")
	repeat := flags.Float64("repeat", 0.1, "share of attempts that repeat an earlier one")
	traced := flags.Bool("traced", false, "each attempt begins a trace, which what is made of it carries on")
	accepted := flags.String("accepted", "", "file for the ids that were answered 2xx")
	_ = flags.Parse(arguments)

	source, err := openBodies(*file, *offset)
	if err != nil {
		log.Fatalf("bodies: %v", err)
	}
	due := make(chan delivery, 1<<20) // what is due and finds no free connection waits here
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	posters := newPosters(*connections, *address, *path, *secret, *traced)
	began := time.Now()
	for _, each := range posters {
		go each.run(due)
	}
	planned, repeated := schedule(source, due, stop, *rate, *seconds, *repeat)
	unsent := 0
	for range due { // the time is up: what still waits is not sent
		unsent++
	}
	made := result{Unsent: unsent, Repeated: repeated, Refused: map[string]int{}, NextOffset: source.at}
	made.Sent = planned - unsent
	made.collect(posters, *accepted)
	made.Seconds = time.Since(began).Seconds()
	made.CPU = cpuSeconds()
	if err := json.NewEncoder(os.Stdout).Encode(made); err != nil {
		log.Fatal(err)
	}
}

// schedule puts deliveries into the queue when they are due, closes it, and says how many there were, and how many of them
// were repeated ones.
func schedule(source *bodies, queue chan<- delivery, stop <-chan os.Signal, rate, seconds, repeat float64) (int, int) {
	defer close(queue)
	chance := rand.New(rand.NewPCG(1, uint64(source.at)))
	recent := make([]delivery, 0, int(rate*repeatedWithinS)+1)
	began, repeated := time.Now(), 0
	total := int(rate * seconds)
	for n := range total {
		now := began.Add(time.Duration(float64(n) / rate * 1e9))
		time.Sleep(time.Until(now))
		select {
		case <-stop:
			return n, repeated
		default:
		}
		if len(recent) > 0 && chance.Float64() < repeat {
			again := recent[chance.IntN(len(recent))]
			again.due = now
			queue <- again
			repeated++
			continue
		}
		body := source.next()
		if body == nil {
			log.Fatalf("there are no more bodies after %d attempts", n)
		}
		one := delivery{newID(now), body, now}
		if len(recent) < cap(recent) {
			recent = append(recent, one)
		} else {
			recent[n%len(recent)] = one
		}
		queue <- one
	}
	return total, repeated
}

// collect waits for the posters and adds up what they saw.
func (r *result) collect(posters []*poster, accepted string) {
	var ids *bufio.Writer
	if accepted != "" {
		file, err := os.Create(accepted)
		if err != nil {
			log.Fatalf("accepted: %v", err)
		}
		defer file.Close()
		ids = bufio.NewWriter(file)
		defer ids.Flush()
	}
	var tookUs, lateUs []uint32
	for _, each := range posters {
		<-each.ended
		r.OK += len(each.accepted)
		r.Failed += each.failed
		r.BodyBytes += each.bodyBytes
		for status, n := range each.refused {
			r.Refused[status] += n
		}
		tookUs, lateUs = append(tookUs, each.tookUs...), append(lateUs, each.lateUs...)
		for _, id := range each.accepted {
			if ids != nil {
				_, _ = ids.WriteString(id + "\n")
			}
		}
	}
	slices.Sort(tookUs)
	slices.Sort(lateUs)
	r.LateP99 = percentile(lateUs, 0.99)
	r.P50, r.P99, r.P999 = percentile(tookUs, 0.5), percentile(tookUs, 0.99), percentile(tookUs, 0.999)
}

func percentile(sortedUs []uint32, share float64) float64 {
	if len(sortedUs) == 0 {
		return 0
	}
	at := min(int(float64(len(sortedUs))*share), len(sortedUs)-1)
	return float64(sortedUs[at]) / 1000
}
