package e2e

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/sync/errgroup"

	"relink/activities"
	"relink/api"
	"relink/api/ops"
	"relink/api/portal/page"
	"relink/api/v1/contract"
	"relink/internal/blackbox"
	"relink/internal/deeplink"
	"relink/internal/devstack/issuer"
	"relink/internal/devstack/mailbox"
	"relink/internal/httpserver"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/localplaid"
	"relink/internal/mail"
	"relink/internal/neighbour/registry"
	"relink/internal/outbox"
	"relink/internal/plaid"
	"relink/internal/policy"
	"relink/internal/postgres"
	"relink/internal/signin"
	"relink/internal/telemetry"
	"relink/internal/testkit"
	"relink/internal/vault"
	"relink/internal/webhook"
	"relink/starter"
	"relink/worker"
)

// stack is one relink in this process: own database, own task queues, own local Plaid and mailbox.
type stack struct {
	blackbox.Client
	temporal client.Client
	store    *postgres.Store
	starter  *starter.Starter
	database string // its URL
	admin    string // ADMIN_ADDR of the api
	queue    string // of the workflows
	rules    item.Rules
	links    *deeplink.Signer

	// stopWorker stops the worker and waits until it has ended; startWorker starts it again.
	stopWorker, startWorker func()
}

// start puts the parts together as cmd/wire.go does, and stops them at the end of the test.
func start(t *testing.T) *stack {
	t.Helper()
	return startOn(t, testkit.Temporal(t))
}

func startOn(t *testing.T, server testkit.TemporalServer) *stack {
	t.Helper()
	return startWith(t, server, options{log: testkit.Logger(t).WithOptions(zap.IncreaseLevel(zapcore.InfoLevel))})
}

// startUnder starts with another policy.
func startUnder(t *testing.T, p policy.Policy) *stack {
	t.Helper()
	return startWith(t, testkit.Temporal(t), options{log: testkit.Logger(t).WithOptions(zap.IncreaseLevel(zapcore.InfoLevel)), policy: &p})
}

func startWith(t *testing.T, server testkit.TemporalServer, with options) *stack {
	t.Helper()
	log := with.log
	metrics := telemetry.New(log, telemetry.Options{Spans: with.spans})
	queue := strings.ReplaceAll(t.Name(), "/", "-") + fmt.Sprintf("-%d", time.Now().UnixNano())
	run := runner(t)

	local, err := localplaid.New(localplaid.Options{ClientID: "sandbox", Secret: plaidSecret, Logger: log})
	require.NoError(t, err)
	run(local.Run)
	s := &stack{
		Client: blackbox.Client{Sandbox: serve(t, local.Handler()), ClientID: "sandbox", Secret: plaidSecret},
		queue:  queue, rules: item.ProductionRules(),
	}
	s.rules.Strict = true

	smtp, mailAPI := listen(t), listen(t)
	box := mailbox.New(mailbox.Options{})
	run(func(ctx context.Context) error { return box.Serve(ctx, smtp, mailAPI) })
	s.Mailbox = "http://" + mailAPI.Addr().String()

	public, admin, issuerAt := listen(t), listen(t), listen(t)
	s.API, s.admin = with.front.before(t, "http://"+public.Addr().String()), "http://"+admin.Addr().String()
	iss, err := issuer.New(issuer.Options{
		Issuer: "http://" + issuerAt.Addr().String() + "/", Audience: "https://relink/api",
		Clients: []issuer.Client{
			{ID: "platform", Secret: "platform", Scopes: signin.ScopesOf([]signin.Role{signin.Platform})},
			{ID: "web", Secret: "web", RedirectURIs: []string{s.API + signin.CallbackPath}},
		},
		People: []issuer.Person{{Subject: "olga", Name: "Olga", Claims: map[string]any{signin.RolesClaim: []string{"ops"}}}},
	})
	require.NoError(t, err)
	run(func(ctx context.Context) error { return httpserver.Serve(ctx, issuerAt, iss.Handler()) })
	s.Bearer, err = iss.Issue("platform", nil, time.Hour)
	require.NoError(t, err)

	s.database = testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	keyset := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, vault.CreateKeyset(keyset))
	sealer, err := vault.FromKeyset(keyset)
	require.NoError(t, err)
	lines := append(registry.Lines(), with.lines...)
	neighbours, err := registry.Open(with.configured(), registry.Parts{Vault: sealer, Around: metrics.Neighbour}, lines...)
	require.NoError(t, err)
	s.store, err = postgres.Open(t.Context(), s.database, postgres.WithNeighbours(neighbours.Rows))
	require.NoError(t, err)
	t.Cleanup(s.store.Close)
	dial := client.Options{
		HostPort: server.Address, Namespace: server.Namespace,
		Identity:          "e2e", // the default names the machine, in every event
		ConnectionOptions: client.ConnectionOptions{DialOptions: with.grpc},
	}
	require.NoError(t, metrics.Temporal(&dial))
	s.temporal, err = client.Dial(dial)
	require.NoError(t, err)
	t.Cleanup(s.temporal.Close)

	plaidClient, err := plaid.New(plaid.Options{
		Environment: "sandbox", ClientID: "sandbox", Secrets: func() []string { return []string{plaidSecret} }, ClientName: "relink",
		BaseURL: with.plaid.before(t, s.Sandbox), HTTPClient: metrics.PlaidClient(),
	}, sealer)
	require.NoError(t, err)
	key, err := s.store.SharedKey(t.Context(), sealer, "deep-links")
	require.NoError(t, err)
	s.links, err = deeplink.NewSigner(key)
	require.NoError(t, err)

	keys, err := webhook.NewKeys(api.PlaidKeys(plaidClient), webhook.KeysOptions{})
	require.NoError(t, err)
	verifier, err := webhook.NewVerifier(keys, webhook.VerifierOptions{})
	require.NoError(t, err)
	pages, err := page.New()
	require.NoError(t, err)
	bearer, err := signin.NewBearer(t.Context(), "http://"+issuerAt.Addr().String()+"/", "https://relink/api", signin.Options{Logger: log})
	require.NoError(t, err)
	web, err := signin.NewWeb(bearer, s.store.Sessions(signin.SessionIdle),
		signin.WebOptions{ClientID: "web", ClientSecret: "web", PublicURL: s.API, Logger: log})
	require.NoError(t, err)
	people, err := ops.New()
	require.NoError(t, err)
	metrics.Inbox(s.store.InboxDepth)
	s.starter = starter.New(s.temporal, starter.Options{Environment: "sandbox", Queue: queue})
	apiServer, err := api.New(api.Deps{
		Store: s.store, Plaid: plaidClient, Workflows: s.starter, Verifier: verifier, Links: s.links, Pages: pages,
		Bearer: bearer, Telemetry: metrics,
		Dispatcher: inbox.New(s.store, s.starter, log, inbox.Options{Recorder: metrics, Pace: with.pace}), Web: web,
		Ops: people, Seal: sealer.SealBody, Unseal: sealer.OpenBody, Responses: s.store.Responses(sealer),
	}, api.Options{
		Environment: "sandbox", PublicURL: s.API,
		LinkScriptURL: s.Sandbox + "/link/v2/stable/link-initialize.js", Forwards: with.configured().Forwards,
	})
	require.NoError(t, err)
	run(apiServer.Work)
	held := contract.Hold(t, apiServer.Handler()) // every request and response of /v1
	run(func(ctx context.Context) error { return httpserver.Serve(ctx, public, held) })
	run(func(ctx context.Context) error { return httpserver.Serve(ctx, admin, apiServer.Admin()) })

	post, err := mail.New(mail.Options{URL: "smtp://" + smtp.Addr().String() + "?starttls=off", From: "relink <mail@relink.example.com>"})
	require.NoError(t, err)
	asked := activities.InstrumentPlaid(plaidClient, metrics)
	policies := activities.NewPolicies(s.store, with.policyOr(mailAtOnce()))
	deps := worker.Deps{
		Temporal: s.temporal, Queue: queue, Rules: &s.rules,
		Plaid:   activities.NewPlaid(asked, s.store),
		Records: activities.NewRecords(activities.InstrumentStore(s.store, metrics), policies),
		Mail: activities.NewMail(activities.MailDeps{
			Sender: activities.InstrumentMail(post, metrics), Store: s.store, Plaid: asked, Logins: plaidClient, Policies: policies, Links: s.links,
		}, activities.MailOptions{PublicURL: s.API, Domain: "relink.example.com"}),
		Reconcile: activities.NewReconcile(plaidClient, s.store, policies, s.WebhookURL()),
		Outbox:    activities.NewOutbox(s.store),
	}
	relay := outbox.New(neighbours.Names(), s.store, s.starter, log, outbox.Options{})
	for _, n := range neighbours {
		deps.Senders = append(deps.Senders, activities.NewSender(activities.InstrumentNeighbour(n, metrics), s.store))
		metrics.Outbox(n.Name(), func(ctx context.Context) (map[string]int, time.Duration, error) {
			return s.store.OutboxDepth(ctx, n.Name())
		})
	}
	s.startWorker = func() {
		s.stopWorker = run(func(ctx context.Context) error {
			g, ctx := errgroup.WithContext(ctx)
			g.Go(func() error { return worker.Run(ctx, deps) })
			if len(neighbours) > 0 {
				g.Go(func() error { return relay.Run(ctx) })
			}
			return g.Wait()
		})
	}
	s.startWorker()
	return s
}

// runner returns a function that runs long-lived parts until they are stopped or the test ends. At the end of the test,
// the part that started last ends first.
func runner(t *testing.T) func(part func(ctx context.Context) error) (stop func()) {
	t.Helper()
	return func(part func(ctx context.Context) error) func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
		done := make(chan error, 1)
		go func() { done <- part(ctx) }()
		stop := sync.OnceFunc(func() {
			cancel()
			require.NoError(t, <-done)
		})
		t.Cleanup(stop)
		return stop
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l
}

func serve(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// within returns a context that bounds a test's waiting.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// mailAtOnce returns a policy with no quiet hours and no gaps between mails, so that a test need not wait.
func mailAtOnce() policy.Policy {
	p := policy.Default()
	p.Everybody.SecondLook, p.Everybody.Quiet, p.Everybody.Gap, p.MassBreak = 0, policy.Quiet{}, 0, policy.MassBreak{}
	p.Perpetual.Relinks = 0
	return p
}
