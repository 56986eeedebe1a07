// Google's own fake of Pub/Sub, on the address that is its argument. SIGUSR1 puts its clock on by 30 seconds.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"cloud.google.com/go/pubsub/v2/pstest"
)

func main() {
	server := pstest.NewServerWithAddress(os.Args[1])
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
		server.SetTimeNowFunc(func() time.Time { return time.Now().Add(later) })
		fmt.Println("later")
	}
	server.Close()
}
