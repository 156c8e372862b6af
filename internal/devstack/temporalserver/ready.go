package temporalserver

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// ready reports whether the server answers and knows the search attributes. Those on its command line reach only a
// namespace that it makes, not one that is in an older file already.
func (s *Server) ready(ctx context.Context, attributes map[string]enums.IndexedValueType) (bool, error) {
	// The server prints its addresses when all its parts have started. To dial before that would prove less: if
	// somebody else took the port first, somebody else would answer.
	address := fmt.Sprintf(":%d", s.Port) // "Server:  localhost:7233"
	if !slices.ContainsFunc(strings.Fields(s.Output()), func(word string) bool { return strings.HasSuffix(word, address) }) {
		return false, nil
	}
	return s.check(ctx, attributes)
}

// check asks the server once, and registers the search attributes that it lacks. final is true if another call would
// return the same error.
func (s *Server) check(ctx context.Context, attributes map[string]enums.IndexedValueType) (final bool, err error) {
	c, err := client.DialContext(ctx, client.Options{
		HostPort: s.Address(), Namespace: s.Namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return false, err
	}
	defer c.Close()
	if _, err := c.CheckHealth(ctx, nil); err != nil {
		return false, err
	}
	operator := c.OperatorService()
	known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace})
	if err != nil {
		return false, err
	}
	missing := map[string]enums.IndexedValueType{}
	for name, want := range attributes {
		switch have, ok := known.GetCustomAttributes()[name]; {
		case !ok:
			missing[name] = want
		case have != want:
			return true, fmt.Errorf("search attribute %s is %s, not %s", name, have, want)
		}
	}
	if len(missing) == 0 {
		return true, nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: s.Namespace, SearchAttributes: missing})
	return false, err // the server registers them meanwhile
}

func parseAttributes(named map[string]string) (map[string]enums.IndexedValueType, error) {
	types := make(map[string]enums.IndexedValueType, len(named))
	for name, text := range named {
		types[name], _ = enums.IndexedValueTypeFromString(text)
		if types[name] == enums.INDEXED_VALUE_TYPE_UNSPECIFIED {
			return nil, fmt.Errorf("search attribute %s has the unknown type %q", name, text)
		}
	}
	return types, nil
}
