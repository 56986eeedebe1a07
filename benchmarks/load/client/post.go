package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const answerTimeout = 15 * time.Second // Junction's patience

// poster has one kept connection. Requests are written by hand: net/http's client costs several times as much, and takes
// it from what is measured.
type poster struct {
	address, head string
	traced        bool
	mac           hash.Hash
	conn          net.Conn
	answers       *bufio.Reader
	request       []byte

	accepted       []string
	refused        map[string]int
	failed         int
	bodyBytes      int
	tookUs, lateUs []uint32
	ended          chan struct{}
}

func newPosters(connections int, address, path, secret string, traced bool) []*poster {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		log.Fatal("the secret is no base64")
	}
	head := "POST " + path + " HTTP/1.1\r\nhost: " + address + "\r\nuser-agent: Svix-Webhooks/1.76\r\n" +
		"content-type: application/json\r\n"
	made := make([]*poster, connections)
	for i := range made {
		made[i] = &poster{
			address: address, head: head, traced: traced, mac: hmac.New(sha256.New, key),
			refused: map[string]int{}, ended: make(chan struct{}),
		}
	}
	return made
}

// run posts until the queue is closed and empty.
func (p *poster) run(due <-chan delivery) {
	defer close(p.ended)
	for one := range due {
		p.lateUs = append(p.lateUs, microseconds(time.Since(one.due)))
		status, err := p.post(one)
		p.tookUs = append(p.tookUs, microseconds(time.Since(one.due)))
		switch {
		case err != nil:
			p.failed++
			p.hangUp()
		case status >= 200 && status < 300:
			p.accepted = append(p.accepted, one.id)
		default:
			p.refused[strconv.Itoa(status)]++
		}
	}
	p.hangUp()
}

// post sends one attempt, signed with the time of the attempt, and returns the status of its answer.
func (p *poster) post(one delivery) (int, error) {
	if p.conn == nil {
		conn, err := net.DialTimeout("tcp", p.address, answerTimeout)
		if err != nil {
			return 0, err
		}
		p.conn, p.answers = conn, bufio.NewReader(conn)
	}
	if err := p.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return 0, err
	}
	p.bodyBytes += len(one.body)
	if _, err := p.conn.Write(p.signed(one)); err != nil {
		return 0, err
	}
	answer, err := http.ReadResponse(p.answers, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.Close {
		p.hangUp()
	}
	return answer.StatusCode, err
}

func (p *poster) signed(one delivery) []byte {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	p.mac.Reset()
	_, _ = io.WriteString(p.mac, one.id+"."+timestamp+".")
	_, _ = p.mac.Write(one.body)
	signature := base64.StdEncoding.EncodeToString(p.mac.Sum(nil))
	head := p.head + "content-length: " + strconv.Itoa(len(one.body)) + "\r\nsvix-id: " + one.id +
		"\r\nsvix-timestamp: " + timestamp + "\r\nsvix-signature: v1," + signature + "\r\n"
	if p.traced {
		head += fmt.Sprintf("traceparent: 00-%016x%016x-%016x-00\r\n", rand.Uint64(), rand.Uint64()|1, rand.Uint64()|1)
	}
	p.request = append(append(append(p.request[:0], head...), '\r', '\n'), one.body...)
	return p.request
}

func (p *poster) hangUp() {
	if p.conn != nil {
		_ = p.conn.Close()
		p.conn = nil
	}
}

func microseconds(took time.Duration) uint32 { return uint32(max(0, took.Microseconds())) }
