package registry_test

import (
	"context"
	"encoding/base64"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/config"
	"relink/internal/neighbour"
	"relink/internal/neighbour/registry"
)

// named is a neighbour that has only a name.
type named string

func (n named) Name() string                                      { return string(n) }
func (named) Limits() neighbour.Limits                            { return neighbour.Limits{} }
func (named) Wants(neighbour.Event) (w neighbour.Wanted, ok bool) { return w, false }
func (named) Send(context.Context, neighbour.Message) error       { return nil }
func line(name string) registry.Line {
	return func(config.Config, registry.Parts) (neighbour.Neighbour, error) { return named(name), nil }
}

func off(config.Config, registry.Parts) (neighbour.Neighbour, error) { return nil, nil }

func TestOpen_onlyConfiguredNeighboursInTheOrderOfTheirLines(t *testing.T) {
	t.Parallel()
	all, err := registry.Open(config.Config{}, registry.Parts{}, line("second"), off, line("first2"))
	require.NoError(t, err)
	require.Equal(t, []string{"second", "first2"}, all.Names())
}

func TestOpen_aNameIsWellFormedAndTakenOnce(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"": "lower-case", "Echo": "lower-case", "echo-2": "lower-case", "echo/x": "lower-case", "2echo": "lower-case",
		"mail": "taken", "plaid": "taken", "first": "taken",
	} {
		_, err := registry.Open(config.Config{}, registry.Parts{}, line("first"), line(name))
		require.ErrorContains(t, err, want, name)
	}
}

func TestOpen_aLineThatFailsIsReported(t *testing.T) {
	t.Parallel()
	wrong := errors.New("no token")
	_, err := registry.Open(config.Config{}, registry.Parts{}, func(config.Config, registry.Parts) (neighbour.Neighbour, error) {
		return nil, wrong
	})
	require.ErrorIs(t, err, wrong)
}

func TestLines_withoutConfigurationThereIsNoNeighbour(t *testing.T) {
	t.Parallel()
	all, err := registry.Open(config.Config{PlaidEnv: "sandbox"}, registry.Parts{}, registry.Lines()...)
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestLines_thePlatformIsConfiguredByItsURLAndSecret(t *testing.T) {
	t.Parallel()
	c := config.Config{
		PlaidEnv: "sandbox", PlatformURL: "https://platform.example/hooks",
		PlatformSecret: "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 24)),
	}
	all, err := registry.Open(c, registry.Parts{}, registry.Lines()...)
	require.NoError(t, err)
	require.Equal(t, []string{"platform"}, all.Names())
	c.PlatformSecret = "weak"
	_, err = registry.Open(c, registry.Parts{}, registry.Lines()...)
	require.Error(t, err)
}
