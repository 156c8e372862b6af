package e2e

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"relink/internal/config"
	"relink/internal/neighbour/registry"
	"relink/internal/policy"
)

// plaidSecret is our key at the local Plaid.
const plaidSecret = "plaid-secret-1f0c9b7a"

// instruments are what a test puts between the parts, to see what goes over. Only the log has to be there.
type instruments struct {
	log   *zap.Logger
	spans trace.TracerProvider
	plaid *tap // between relink and the local Plaid
	front *tap // between everybody and relink
	grpc  []grpc.DialOption
	// policy of the worker; nil is one that mails at once.
	policy *policy.Policy
	// platform gets what happens; nil when there is none.
	platform *platform
	// lines are further neighbours.
	lines []registry.Line
	// pace of an Item's webhooks; zero is what relink has by itself.
	pace time.Duration
}

func (with instruments) policyOr(other policy.Policy) policy.Policy {
	if with.policy != nil {
		return *with.policy
	}
	return other
}

// configured is the configuration of what is optional.
func (with instruments) configured() config.Config {
	if with.platform == nil {
		return config.Config{PlaidEnv: "sandbox"}
	}
	return config.Config{PlaidEnv: "sandbox", PlatformURL: with.platform.url, PlatformSecret: platformSecret}
}

// tap stands before a server and keeps every request and every answer. A nil tap is not there.
type tap struct {
	mu    sync.Mutex
	calls []exchange
	// spoil may answer a request in the server's place; nil spoils nothing.
	spoil func(w http.ResponseWriter, r *http.Request, body []byte) bool
}

// exchange is a request and its answer, each as it came over the wire.
type exchange struct {
	method, path    string
	query           url.Values
	cookies         []*http.Cookie // that the answer sets
	request, answer []byte
}

// before answers the URL to call instead of the server's own.
func (p *tap) before(t *testing.T, server string) string {
	t.Helper()
	if p == nil {
		return server
	}
	// Redirects are the caller's business.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		e := exchange{method: r.Method, path: r.URL.Path, query: r.URL.Query(), request: raw(r.Method+" "+r.RequestURI, r.Header, body)}
		if p.spoil != nil && p.spoil(w, r, body) {
			p.keep(e)
			return
		}
		onward, err := http.NewRequestWithContext(r.Context(), r.Method, server+r.RequestURI, bytes.NewReader(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		onward.Header, onward.Host = r.Header, r.Host
		res, err := client.Do(onward)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		e.cookies, e.answer = res.Cookies(), raw(res.Status, res.Header, answer)
		p.keep(e)
		for name, values := range res.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(res.StatusCode)
		_, _ = w.Write(answer)
	}))
}

func raw(line string, header http.Header, body []byte) []byte {
	var text bytes.Buffer
	text.WriteString(line + "\n")
	_ = header.Write(&text)
	text.Write(body)
	return text.Bytes()
}

func (p *tap) keep(e exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, e)
}

func (p *tap) all() []exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]exchange{}, p.calls...)
}

// wire keeps what clients and workers exchange with Temporal, as it is encoded: payloads are bytes there, not base64.
type wire struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *wire) dialOptions() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(func(
		ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
	) error {
		err := invoke(ctx, method, req, reply, cc, opts...)
		for _, message := range []any{req, reply} {
			if m, ok := message.(proto.Message); ok {
				encoded, _ := proto.Marshal(m)
				w.mu.Lock()
				w.text.Write(encoded)
				w.mu.Unlock()
			}
		}
		return err
	})}
}

func (w *wire) bytes() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.text.Bytes())
}
