// Google's own fake of Pub/Sub, on the address that is its argument. SIGUSR1 puts its clock on by 30 seconds.
//
// Who pulls is told the publish time that a message names in the attribute below, where it names one, and not that
// attribute. Only a simulator names it: its days last seconds. Order, leases and retention go by the fake's own clock.
package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const publishedMs = "simulated-publish-time-ms"

type subscriber struct{ *pstest.GServer }

func (s subscriber) Pull(ctx context.Context, req *pb.PullRequest) (*pb.PullResponse, error) {
	answer, err := s.GServer.Pull(ctx, req)
	for i, one := range answer.GetReceivedMessages() {
		ms, wrong := strconv.ParseInt(one.Message.Attributes[publishedMs], 10, 64)
		if wrong != nil {
			continue
		}
		attributes := maps.Clone(one.Message.Attributes) // the fake keeps its own
		delete(attributes, publishedMs)
		answer.ReceivedMessages[i] = &pb.ReceivedMessage{
			AckId:           one.AckId,
			DeliveryAttempt: one.DeliveryAttempt,
			Message: &pb.PubsubMessage{
				Data:        one.Message.Data,
				Attributes:  attributes,
				MessageId:   one.Message.MessageId,
				OrderingKey: one.Message.OrderingKey,
				PublishTime: timestamppb.New(time.UnixMilli(ms)),
			},
		}
	}
	return answer, err
}

func main() {
	fake := pstest.NewServer() // what it listens on itself, nobody knows
	server := grpc.NewServer()
	pb.RegisterPublisherServer(server, &fake.GServer)
	pb.RegisterSubscriberServer(server, subscriber{&fake.GServer})
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		panic(err)
	}
	go server.Serve(listener)
	told := make(chan os.Signal, 16)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT, syscall.SIGUSR1)
	fmt.Println("ready")
	ahead := time.Duration(0)
	for what := range told {
		if what != syscall.SIGUSR1 {
			break
		}
		ahead += 30 * time.Second
		later := ahead
		fake.SetTimeNowFunc(func() time.Time { return time.Now().Add(later) })
		fmt.Println("later")
	}
	server.Stop()
	fake.Close()
}
