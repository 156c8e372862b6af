package httpx

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// Timeout is how long a whole call may take, from dialling to the last byte of the response, unless a client says
	// otherwise. Standard Webhooks recommends "somewhere between 15 and 30s".
	Timeout = 15 * time.Second
	// bodyLimit is the most bytes of a response that are read.
	bodyLimit = 64 << 10
	userAgent = "relink"
)

// Options of a Client. The zero value takes the defaults.
type Options struct {
	// Timeout of a whole call; Timeout when zero.
	Timeout time.Duration
	// Around wraps the transport, to trace calls; nil wraps nothing.
	Around func(next http.RoundTripper) http.RoundTripper
}

// Client calls one peer. It is safe for concurrent use.
type Client struct {
	peer string
	http *http.Client
}

// New returns a client with connections of its own. peer names the other side in errors, such as "platform".
func New(peer string, o Options) *Client {
	var transport http.RoundTripper = ownTransport()
	if o.Around != nil {
		transport = o.Around(transport)
	}
	return &Client{peer: peer, http: WithoutRedirects(&http.Client{Transport: transport}, cmp.Or(o.Timeout, Timeout))}
}

// ownTransport returns a transport that shares no connections with other clients.
func ownTransport() *http.Transport {
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		return transport.Clone()
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment}
}

// WithoutRedirects returns a copy of given that follows no redirect and gives up a call after timeout, unless given
// has a timeout of its own. given may be nil. A redirect would take secrets and bodies to an address that nobody has
// configured.
func WithoutRedirects(given *http.Client, timeout time.Duration) *http.Client {
	var client http.Client
	if given != nil {
		client = *given
	}
	client.Timeout = cmp.Or(client.Timeout, timeout)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// Request is one call.
type Request struct {
	Method string
	URL    string
	Header http.Header // may be nil
	Body   []byte      // may be nil
}

// Response is the response of the peer.
type Response struct {
	Status int
	Header http.Header
	// Body is the first 64 KiB at most. It is shorter when the connection broke off; the status is still valid.
	Body []byte
}

// Do sends a request. The error is nil for a status of 2xx and an *Error otherwise. The Response is nil only when
// none came, so that callers can read why they were refused.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, &Error{Peer: c.peer, cause: errors.New("the request cannot be made")} // err quotes the URL
	}
	if r.Header != nil {
		request.Header = r.Header.Clone()
	}
	request.Header.Set("User-Agent", userAgent)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, &Error{Peer: c.peer, cause: WithoutURL(err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(response.Body, bodyLimit)) // a body that is cut short leaves the status valid
	result := &Response{Status: response.StatusCode, Header: response.Header, Body: body}
	if result.Status/100 == 2 {
		return result, nil
	}
	return result, &Error{Peer: c.peer, Status: result.Status, RetryAfter: RetryAfter(result.Header, time.Now())}
}
