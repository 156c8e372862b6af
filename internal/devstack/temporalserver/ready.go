package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	if !s.saysItStarted() {
		return false, nil
	}
	err := s.check(ctx, attributes)
	return err == nil || errors.Is(err, errWrongType), err
}

func (s *Server) saysItStarted() bool {
	address := fmt.Sprintf(":%d", s.Port)
	for line := range strings.Lines(s.Output()) {
		if strings.HasSuffix(strings.TrimSpace(line), address) { // "Server:  localhost:7233"
			return true
		}
	}
	return false
}

var errWrongType = errors.New("search attribute has another type")

// check asks the server once, and registers the search attributes that it lacks.
func (s *Server) check(ctx context.Context, attributes map[string]enums.IndexedValueType) error {
	c, err := client.DialContext(ctx, client.Options{
		HostPort: s.Address(), Namespace: s.Namespace, Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.CheckHealth(ctx, nil); err != nil {
		return err
	}
	operator := c.OperatorService()
	known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace})
	if err != nil {
		return err
	}
	missing := map[string]enums.IndexedValueType{}
	for name, want := range attributes {
		switch have, ok := known.GetCustomAttributes()[name]; {
		case !ok:
			missing[name] = want
		case have != want:
			return fmt.Errorf("%w: %s is %s, not %s", errWrongType, name, have, want)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	add := &operatorservice.AddSearchAttributesRequest{Namespace: s.Namespace, SearchAttributes: missing}
	if _, err = operator.AddSearchAttributes(ctx, add); err != nil {
		return err
	}
	return errors.New("search attributes are being registered")
}

func parseAttributes(named map[string]string) (map[string]enums.IndexedValueType, error) {
	types := make(map[string]enums.IndexedValueType, len(named))
	for name, text := range named {
		t, err := enums.IndexedValueTypeFromString(text)
		if err != nil || t == enums.INDEXED_VALUE_TYPE_UNSPECIFIED {
			return nil, fmt.Errorf("search attribute %s has the unknown type %q", name, text)
		}
		types[name] = t
	}
	return types, nil
}
