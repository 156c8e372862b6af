package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
)

// conn is one keep-alive connection to an HTTP server. It allocates nothing per request, so that the load costs little of
// the machine that the server has to share with it.
type conn struct {
	net.Conn

	in *bufio.Reader
}

func dial(ctx context.Context, address string) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return &conn{Conn: c, in: bufio.NewReader(c)}, nil
}

// request is a POST as it goes over the wire.
func request(to, token, body string) ([]byte, error) {
	u, err := url.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nPlaid-Verification: %s\r\nContent-Length: %d\r\n\r\n%s",
		u.RequestURI(), u.Host, token, len(body), body), nil
}

var errAnswer = errors.New("not an answer that this client reads")

// do sends a request and answers the status. It reads answers with a Content-Length, as short ones have.
func (c *conn) do(req []byte) (status int, err error) {
	if _, err := c.Write(req); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	first, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	if len(first) < len("HTTP/1.1 200") {
		return 0, errAnswer
	}
	if status, err = strconv.Atoi(string(first[9:12])); err != nil {
		return 0, errAnswer
	}
	length := -1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, fmt.Errorf("read answer: %w", err)
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, errAnswer
			}
		}
	}
	if length < 0 {
		return 0, errAnswer
	}
	if _, err := c.in.Discard(length); err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	return status, nil
}
