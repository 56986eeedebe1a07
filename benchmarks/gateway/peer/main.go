// A gateway as a Go engineer would write it by hand, with the common libraries: what `make bench-gateway` holds ours
// against. The same work for each delivery: signature, identity, key, partition, headers, acks=all, then 204. It has no
// metrics, no budget of bodies, one secret, and no dead letters: less work than ours, not more.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	goccy "github.com/goccy/go-json"
	svix "github.com/svix/svix-webhooks/go"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	bodyBytesMax   = 16 << 20
	publishTimeout = 10 * time.Second
)

type gateway struct {
	endpoint   string
	webhook    *svix.Webhook
	kafka      *kgo.Client
	prefix     string
	partitions int32
	unmarshal  func([]byte, any) error
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address of the webhooks")
	brokers := flag.String("brokers", "127.0.0.1:9092", "bootstrap server")
	secret := flag.String("secret", "", "signing secret, whsec_...")
	endpoint := flag.String("endpoint", "bench", "name in the path")
	prefix := flag.String("prefix", "junction", "of topic names")
	partitions := flag.Int("partitions", 4, "of each raw topic")
	quick := flag.Bool("quick-json", false, "goccy/go-json instead of encoding/json")
	flag.Parse()

	webhook, err := svix.NewWebhook(*secret)
	if err != nil {
		log.Fatalf("secret: %v", err)
	}
	kafka, err := kgo.NewClient(
		kgo.SeedBrokers(*brokers),
		kgo.RequiredAcks(kgo.AllISRAcks()), // idempotence is franz-go's default
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.Lz4Compression()),
		kgo.ProducerLinger(time.Millisecond), // as ours
		kgo.ProducerBatchMaxBytes(20<<20),
		kgo.RecordDeliveryTimeout(publishTimeout),
	)
	if err != nil {
		log.Fatalf("kafka: %v", err)
	}
	g := &gateway{*endpoint, webhook, kafka, *prefix, int32(*partitions), json.Unmarshal}
	if *quick {
		g.unmarshal = func(data []byte, into any) error { return goccy.Unmarshal(data, into) }
	}
	serve(*listen, g.routes())
	kafka.Close()
}

func (g *gateway) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/{endpoint}", g.receive)
	mux.HandleFunc("GET /readyz", g.ready)
	return mux
}

func serve(address string, handler http.Handler) {
	server := &http.Server{
		Addr:              address,
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       75 * time.Second,
		MaxHeaderBytes:    64 << 10,
	}
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	go func() {
		<-stop.Done()
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func (g *gateway) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := g.kafka.Ping(ctx); err != nil {
		http.Error(w, "kafka does not answer", http.StatusServiceUnavailable)
	}
}

func (g *gateway) receive(w http.ResponseWriter, r *http.Request) {
	receivedAt := time.Now()
	body, err := readBody(w, r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
		} else {
			http.Error(w, "body incomplete", http.StatusBadRequest)
		}
		return
	}
	if r.PathValue("endpoint") != g.endpoint || g.webhook.Verify(body, r.Header) != nil {
		http.Error(w, "signature required", http.StatusUnauthorized)
		return
	}
	record, err := g.record(body, r.Header, receivedAt)
	if err != nil {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}
	if err := g.publish(r.Context(), record); err != nil {
		log.Printf("not published: %v", err)
		w.Header().Set("Retry-After", "5")
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// readBody allocates once where the sender says how much comes.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	limited := http.MaxBytesReader(w, r.Body, bodyBytesMax)
	if r.ContentLength < 0 || r.ContentLength > bodyBytesMax {
		return io.ReadAll(limited)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(limited, body)
	return body, err
}

// publish returns nil when every in-sync replica has the record. A sender that hangs up cancels nothing: franz-go would
// give up the records of others that wait with its own.
func (g *gateway) publish(ctx context.Context, record *kgo.Record) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	return g.kafka.ProduceSync(ctx, record).FirstErr()
}
