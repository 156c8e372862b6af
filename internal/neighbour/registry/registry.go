package registry

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"relink/internal/config"
	"relink/internal/neighbour"
)

// Lines returns the registry: one line per neighbour.
func Lines() []Line {
	return []Line{
		openPlatform,
	}
}

// Line makes a neighbour from the configuration. It returns nil, and no error, when the neighbour is not configured.
type Line func(c config.Config, p Parts) (neighbour.Neighbour, error)

// Parts are what a Line needs besides the configuration.
type Parts struct {
	// Vault opens the bodies of forwarded webhooks.
	Vault Vault
	// Around returns the function that wraps the transport of a neighbour's client, to trace its calls; nil wraps nothing.
	Around func(name string) func(next http.RoundTripper) http.RoundTripper
}

// Vault opens the body of a webhook, which is sealed for its delivery.
type Vault interface {
	OpenBody(deliveryKey, sealed []byte) ([]byte, error)
}

func (p Parts) around(name string) func(next http.RoundTripper) http.RoundTripper {
	if p.Around == nil {
		return nil
	}
	return p.Around(name)
}

// wellFormed matches valid names, which are parts of queues, keys and workflow ids.
var wellFormed = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// taken are names of relink's own activity queues; see workflows.PlaidQueue and MailQueue.
var taken = []string{"plaid", "mail"}

// Open returns the configured neighbours, in the order of the lines.
func Open(c config.Config, p Parts, lines ...Line) (neighbour.Neighbours, error) {
	var all neighbour.Neighbours
	for _, line := range lines {
		n, err := line(c, p)
		if err != nil {
			return nil, fmt.Errorf("open neighbours: %w", err)
		}
		if n == nil {
			continue
		}
		switch name := n.Name(); {
		case !wellFormed.MatchString(name):
			return nil, fmt.Errorf("the neighbour %q needs a name of lower-case letters and digits", name)
		case slices.Contains(taken, name), slices.Contains(all.Names(), name):
			return nil, fmt.Errorf("the name %s of a neighbour is taken", name)
		}
		all = append(all, n)
	}
	return all, nil
}
