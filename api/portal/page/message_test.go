package page_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/portal/page"
)

func TestLinkOver_offersANewLinkAndIsTheSameForEveryToken(t *testing.T) {
	t.Parallel()
	dead := messageOf(t, func(p *page.Pages, w io.Writer) error { return p.LinkOver(w, "en", "dead/one") })
	madeUp := messageOf(t, func(p *page.Pages, w io.Writer) error { return p.LinkOver(w, "en", "made up") })
	require.Contains(t, dead.text, "no longer valid")
	require.Contains(t, dead.text, "Open the newest mail")
	require.Equal(t, "Mail me a fresh link", textOf(dead.all("button")[0]))
	form := dead.all("form")[0]
	require.Equal(t, "/relink/dead%2Fone/fresh", value(form, "action"))
	require.Equal(t, "post", value(form, "method"), "a scanner that opens every link asks for no mail")
	one, other := strings.ReplaceAll(dead.markup, "dead%2Fone", ""), strings.ReplaceAll(madeUp.markup, "made%20up", "")
	require.Equal(t, one, other, "the page does not reveal which token it got")
	require.Empty(t, dead.all("script"), "it works without JavaScript")
}

func TestPages_messagesSayWhatHappenedAndWhatToDo(t *testing.T) {
	t.Parallel()
	for title, wanted := range map[string]struct {
		text  string
		write func(*page.Pages, io.Writer) error
	}{
		"Something went wrong on our side": {
			"try again in a minute",
			func(p *page.Pages, w io.Writer) error { return p.Problem(w, "en") },
		},
		"Please open the mail again": {
			"Open our mail once more and tap its button",
			func(p *page.Pages, w io.Writer) error { return p.OtherBrowser(w, "en") },
		},
		"Please look into your mail": {
			"If this link was one of ours, a fresh one is on its way to the address on file",
			func(p *page.Pages, w io.Writer) error { return p.NewLinkSent(w, "en") },
		},
	} {
		s := messageOf(t, wanted.write)
		require.Equal(t, title, textOf(s.all("h1")[0]))
		require.Len(t, s.all("h1"), 1)
		require.Contains(t, s.text, wanted.text)
		require.Empty(t, s.all("button"))
		require.Empty(t, s.all("script"))
	}
}

// messageOf renders a message page.
func messageOf(t *testing.T, render func(*page.Pages, io.Writer) error) shown {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, render(pages(t), &out))
	return look(t, out.String())
}

func TestPages_failedWriteIsAnError(t *testing.T) {
	t.Parallel()
	err := pages(t).LinkOver(brokenWriter{}, "en", "t0k3n")
	require.ErrorIs(t, err, errBrokenWriter)
}

var errBrokenWriter = errors.New("connection is gone")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBrokenWriter }
