package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// conn is one keep-alive connection to an HTTP server. It has neither a pool nor goroutines as an HTTP client has, so
// that the load costs little of the machine that the server has to share with it.
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
	return fmt.Appendf(
		nil,
		"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nPlaid-Verification: %s\r\nContent-Length: %d\r\n\r\n%s",
		u.RequestURI(),
		u.Host,
		token,
		len(body),
		body,
	), nil
}

// do sends a request and returns the status of the answer.
func (c *conn) do(req []byte) (status int, err error) {
	if _, err := c.Write(req); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	answer, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return 0, fmt.Errorf("read answer: %w", err)
	}
	return answer.StatusCode, nil
}
