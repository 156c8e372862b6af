//go:build browser

package browser

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

// details returns the address of the page with the current details of a run.
func (h *suite) details(it blackbox.Item) string {
	return h.TemporalUI + "/namespaces/default/workflows/" + it.WorkflowID + "/" + it.RunID + "/user-metadata"
}

// rendered is the frame in which the UI shows Markdown.
const rendered = `document.querySelector('iframe[src^="/render"]')`

// readsDetails waits for current details with all the texts, the first text in the first line, and none of them cut
// off.
func (p *tab) readsDetails(texts ...string) {
	p.t.Helper()
	p.readsIn(rendered+`?.contentDocument?.body`, texts...)
	lines := eval[[]string](p, `[...`+rendered+`.contentDocument.querySelectorAll("p")].map((p) => p.innerText)`)
	require.Equal(p.t, texts[0], lines[0])
	hidden := eval[[]string](p, `[...`+rendered+`.contentDocument.querySelectorAll("p")]
		.filter((p) => p.getBoundingClientRect().bottom > `+rendered+`.clientHeight).map((p) => p.innerText)`)
	require.Empty(p.t, hidden, "the frame is too small for its text")
}

func TestTemporalUI_showsTheIncidentAndItsEnd(t *testing.T) {
	t.Parallel()
	h, ctx := enter(t)
	it, mail := h.incident(t, ctx, blueBottle("blue-bottle", "operations@bluebottle.example"))

	p := h.open(t, desk, h.details(it))
	p.readsDetails("Blue Bottle · First Platypus Bank", "State: login_required (credentials), incident 1, since", "Waiting for: the merchant",
		"Next mail: reminder 2 at", "Mails sent: 1")
	p.shot("temporal-incident.png")

	list := h.open(t, desk,
		h.TemporalUI+"/namespaces/default/workflows?query="+url.QueryEscape(`RelinkState="login_required" AND RelinkMerchant="blue-bottle"`))
	list.reads(it.WorkflowID)
	list.shot("temporal-list.png")

	h.relinked(t, ctx, it, deepLink(t, mail))
	first := it.RunID
	require.NoError(t, blackbox.Await(ctx, "the second run", func(ctx context.Context) (ok bool, err error) {
		it, err = h.Client.Item(ctx, it.ID)
		return it.RunID != "" && it.RunID != first, err
	}))

	p.goTo(h.details(it))
	p.readsDetails("Blue Bottle · First Platypus Bank", "State: connected", "Waiting for: nothing, data flows", "Incidents so far: 1")
	p.shot("temporal-second-run.png")
}
