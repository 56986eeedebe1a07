// The two ends of `make bench-load`: `client send` posts deliveries at a steady rate, `client read` reads what comes of
// them. Compiled, so that neither takes much of the processor that the measured processes share with it.
package main

import (
	"log"
	"os"
	"syscall"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("usage: client send|read [flags]")
	}
	switch command, arguments := os.Args[1], os.Args[2:]; command {
	case "send":
		send(arguments)
	case "read":
		read(arguments)
	default:
		log.Fatalf("unknown command %q: send or read", command)
	}
}

// cpuSeconds is the user and system time of this process so far.
func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return float64(used.Utime.Sec+used.Stime.Sec) + float64(used.Utime.Usec+used.Stime.Usec)/1e6
}
