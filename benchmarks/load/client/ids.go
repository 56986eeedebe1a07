package main

import (
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"time"
)

const (
	ksuidEpoch = 1_400_000_000
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newID is a message id as Svix makes them: "msg_" and a KSUID, whose time has steps of 1/256 s.
func newID(now time.Time) string {
	var raw [20]byte
	binary.BigEndian.PutUint32(raw[:4], uint32(now.Unix()-ksuidEpoch))
	raw[4] = byte(now.Nanosecond() / (1e9 / 256))
	for i := 5; i < 20; i += 8 {
		var random [8]byte
		binary.BigEndian.PutUint64(random[:], rand.Uint64())
		copy(raw[i:], random[:])
	}
	return "msg_" + encode62(raw[:])
}

func encode62(raw []byte) string {
	number, base, digit := new(big.Int).SetBytes(raw), big.NewInt(62), new(big.Int)
	var text [27]byte
	for i := len(text) - 1; i >= 0; i-- {
		number.DivMod(number, base, digit)
		text[i] = base62[digit.Int64()]
	}
	return string(text[:])
}
