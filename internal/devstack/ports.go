package devstack

import (
	"net"
	"strconv"

	"relink/internal/devstack/freeport"
)

// Ports are those of a stack, all on loopback. 0 is a free one.
type Ports struct {
	API, TemporalUI, Sandbox, Mailbox, Start                int // people look here
	APIAdmin, WorkerAdmin, Temporal, Postgres, SMTP, Issuer int
}

// DevPorts are the fixed ports of dev. With a base they are the ports from there on, in the order of the fields, so that
// two of them fit on one machine.
func DevPorts(base int) Ports {
	if base == 0 {
		return Ports{
			API: 8080, TemporalUI: 8233, Sandbox: 8790, Mailbox: 8025, Start: 8000,
			APIAdmin: 9090, WorkerAdmin: 9091, Temporal: 7233, Postgres: 5433, SMTP: 1025, Issuer: 8085,
		}
	}
	return Ports{
		API: base, TemporalUI: base + 1, Sandbox: base + 2, Mailbox: base + 3, Start: base + 4,
		APIAdmin: base + 5, WorkerAdmin: base + 6, Temporal: base + 7, Postgres: base + 8, SMTP: base + 9, Issuer: base + 10,
	}
}

// fill gives the ports of our own processes that were left open; the servers choose theirs by themselves.
func (p Ports) fill() (Ports, error) {
	var err error
	for _, port := range []*int{&p.API, &p.APIAdmin, &p.WorkerAdmin, &p.Sandbox} {
		if *port == 0 {
			if *port, err = freeport.Take(); err != nil {
				return Ports{}, err
			}
		}
	}
	return p, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
