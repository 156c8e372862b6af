package api

import (
	"context"
	"net/http"
	"time"
)

const (
	// maxBody bounds a request's body; what the platform and our pages send is far below.
	maxBody = 64 << 10
	// maxWebhook bounds a webhook's body. Plaid's are under 2 kB; LINK: EVENTS may hold a whole session.
	maxWebhook = 256 << 10
	// webhookWithin is the time a delivery has in all, from its header to our answer: Plaid gives up on us after 10 s
	// (https://plaid.com/docs/api/webhooks), and the answer is to be ours.
	webhookWithin = 8 * time.Second
)

// bounded bounds what a request may cost, before anything is known of its caller: the size of its body, and of a
// delivery the time as well. Headers and the time of everything else are bounded in httpserver.Serve.
func (s *Server) bounded(w http.ResponseWriter, r *http.Request, access Access) (*http.Request, context.CancelFunc) {
	ctx, cancel, most := r.Context(), context.CancelFunc(func() {}), int64(maxBody)
	if access == PlaidSigned {
		most = maxWebhook
		ctx, cancel = context.WithTimeout(ctx, s.opts.WebhookWithin)
		// A context does not wake whoever waits for a body. Not every ResponseWriter can do this, a server's can.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.opts.WebhookWithin))
	}
	r = r.WithContext(ctx)
	r.Body = http.MaxBytesReader(w, r.Body, most)
	return r, cancel
}
