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

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"relink/internal/blackbox"
	"relink/internal/config"
	"relink/internal/neighbour/registry"
	"relink/internal/policy"
)

// plaidSecret is our key at the local Plaid.
const plaidSecret = "plaid-secret-1f0c9b7a"

// options are the parts that a test adds to a stack, for example to record what the parts exchange. Only log is
// required.
type options struct {
	log   *zap.Logger
	spans trace.TracerProvider
	plaid *recordingProxy // between relink and the local Plaid
	front *recordingProxy // between all callers and relink
	grpc  []grpc.DialOption
	// policy of the worker; nil is one that mails at once.
	policy *policy.Policy
	// platform gets the events; nil when there is none.
	platform *platform
	// lines are further neighbours.
	lines []registry.Line
	// pace of an Item's webhooks; zero is relink's default.
	pace time.Duration
}

func (with options) policyOr(other policy.Policy) policy.Policy {
	if with.policy != nil {
		return *with.policy
	}
	return other
}

// configured returns the configuration of the optional parts.
func (with options) configured() config.Config {
	if with.platform == nil {
		return config.Config{PlaidEnv: "sandbox"}
	}
	return config.Config{PlaidEnv: "sandbox", PlatformURL: with.platform.url, PlatformSecret: platformSecret}
}

// recordingProxy is a proxy before a server that records every request and every response. A nil one does nothing.
type recordingProxy struct {
	mu    sync.Mutex
	calls []exchange
	// spoil may respond in the server's place; nil does not.
	spoil func(w http.ResponseWriter, r *http.Request, body []byte) bool
}

// exchange is a request and its response, as they were sent.
type exchange struct {
	method, path    string
	query           url.Values
	cookies         []*http.Cookie // of the response
	request, answer []byte
}

// before returns the URL to call instead of the server's own.
func (p *recordingProxy) before(t *testing.T, server string) string {
	t.Helper()
	if p == nil {
		return server
	}
	// The proxy passes redirects on.
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

func (p *recordingProxy) keep(e exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, e)
}

func (p *recordingProxy) all() []exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]exchange{}, p.calls...)
}

// wire records the messages between Temporal and its clients and workers, in their binary encoding.
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

// recorder is a proxy between the local Plaid and relink that records every delivery as it was sent.
type recorder struct {
	to    string
	calls chan recorded
}

type recorded struct {
	token string
	body  []byte
}

// linkedThrough links an Item whose webhooks go through the recorder.
func linkedThrough(t *testing.T, s *stack, ctx context.Context) (blackbox.Item, *recorder) {
	t.Helper()
	r := &recorder{to: s.WebhookURL(), calls: make(chan recorded, 16)}
	token, err := s.PublicToken(ctx, "ins_109508", serve(t, r))
	require.NoError(t, err)
	it, err := s.Enrol(ctx, token, blueBottle)
	require.NoError(t, err)
	return it, r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	token := req.Header.Get("Plaid-Verification")
	status, err := post(req.Context(), r.to, token, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	r.calls <- recorded{token, body}
	w.WriteHeader(status)
}

func post(ctx context.Context, url, token string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	if token != "" {
		req.Header.Set("Plaid-Verification", token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}
