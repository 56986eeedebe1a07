package main

import (
	"encoding/binary"
	"os"
	"syscall"
)

// bodies hands out the bodies of a file in turn: four bytes of length (big endian), then the body.
type bodies struct {
	data []byte
	at   int
}

func openBodies(path string, at int) (*bodies, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	data, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	return &bodies{data, at}, nil
}

// next returns nil behind the last one: a body that came round again would be no news, and measure less work.
func (b *bodies) next() []byte {
	if b.at+4 > len(b.data) {
		return nil
	}
	from := b.at + 4
	b.at = from + int(binary.BigEndian.Uint32(b.data[b.at:]))
	return b.data[from:b.at]
}
