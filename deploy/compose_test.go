package deploy_test

import (
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/contrib/envconfig"

	"relink/internal/config"
	"relink/workflows"
)

// project returns docker-compose.yml as Compose itself reads it, with no variables set in its shell.
func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  "..",
		ConfigFiles: []types.ConfigFile{{Filename: "../docker-compose.yml"}},
	})
	require.NoError(t, err, "a mistake that Compose would refuse")
	return p
}

const ownImage = "relink:local"

// own are the services that run relink itself.
func own(p *types.Project) map[string]types.ServiceConfig {
	services := maps.Clone(map[string]types.ServiceConfig(p.Services))
	maps.DeleteFunc(services, func(_ string, s types.ServiceConfig) bool { return s.Image != ownImage })
	return services
}

// variables returns the environment of a service's process.
func variables(s types.ServiceConfig) map[string]string {
	vars := map[string]string{}
	for name, value := range s.Environment {
		if value != nil {
			vars[name] = *value
		}
	}
	return vars
}

func TestCompose_servicesAreWaitedForByHealthOrEnd(t *testing.T) {
	t.Parallel()
	p := project(t)
	ends := map[string]bool{}
	for name, s := range p.Services {
		for on, how := range s.DependsOn {
			target, ok := p.Services[on]
			require.True(t, ok, "%s depends on %s, which is no service", name, on)
			switch how.Condition {
			case types.ServiceConditionHealthy:
				require.NotNil(t, target.HealthCheck, "%s waits for the health of %s, which has no check", name, on)
			case types.ServiceConditionCompletedSuccessfully:
				ends[on] = true
			default:
				require.Fail(t, "a dependency that waits for nothing", "%s on %s: %s", name, on, how.Condition)
			}
		}
	}
	for name, s := range p.Services {
		if ends[name] {
			require.Nil(t, s.HealthCheck, "%s ends, so nobody asks for its health", name)
			require.Contains(t, []string{"", types.RestartPolicyNo}, s.Restart, "%s must end", name)
			continue
		}
		require.NotNil(t, s.HealthCheck, "%s stays, so it needs a health check", name)
		require.NotEmpty(t, s.HealthCheck.Test, "%s", name)
	}
}

func TestCompose_everyVariableIsRead(t *testing.T) {
	t.Parallel()
	read := map[string]bool{"LOG_LEVEL": true, "TEMPORAL_ADDRESS": true, "TEMPORAL_NAMESPACE": true}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[config.Config]()) {
		read[field.Tag.Get("env")] = true
	}
	postgres := map[string]bool{"POSTGRES_USER": true, "POSTGRES_PASSWORD": true, "POSTGRES_DB": true}
	for name, s := range project(t).Services {
		known := read
		if name == "postgres" {
			known = postgres
		}
		for variable := range s.Environment {
			require.True(t, known[variable], "%s: nobody reads %s", name, variable)
		}
	}
}

func TestCompose_everyRoleStartsWithItsEnvironment(t *testing.T) {
	t.Parallel()
	keyset := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, os.WriteFile(keyset, []byte("{}"), 0o600))
	roles := map[config.Role]bool{}
	for name, s := range own(project(t)) {
		role := config.Role(s.Command[0])
		if !slices.Contains([]config.Role{config.API, config.Worker, config.Migrate}, role) {
			continue
		}
		roles[role] = true
		vars := variables(s)
		if file, ok := vars["ENCRYPTION_KEYSET_FILE"]; ok {
			require.Equal(t, "/keys/keyset.json", file)
			vars["ENCRYPTION_KEYSET_FILE"] = keyset
		}
		var environ []string
		for name, value := range vars {
			environ = append(environ, name+"="+value)
		}
		_, err := config.Load(role, environ)
		require.NoError(t, err, name)
		if role == config.Migrate {
			continue
		}
		temporal, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{DisableFile: true, EnvLookup: lookup(vars)})
		require.NoError(t, err, name)
		require.Equal(t, "temporal:7233", temporal.HostPort)
		require.Equal(t, "default", temporal.Namespace)
	}
	require.Len(t, roles, 3, "api, worker and migrate are all here")
}

// lookup reads Temporal's own configuration from a map.
type lookup map[string]string

func (l lookup) Environ() []string {
	var environ []string
	for name, value := range l {
		environ = append(environ, name+"="+value)
	}
	return environ
}

func (l lookup) LookupEnv(name string) (string, bool) {
	value, ok := l[name]
	return value, ok
}

func TestCompose_addressesAreServicesOrPortsOnLoopback(t *testing.T) {
	t.Parallel()
	p := project(t)
	published := map[string]bool{}
	for name, s := range p.Services {
		for _, port := range s.Ports {
			require.Equal(t, "127.0.0.1", port.HostIP, "%s publishes to the network", name)
			published[port.Published] = true
		}
	}
	require.Equal(t, map[string]bool{"8080": true, "8233": true, "8790": true, "8025": true}, published)
	for name, s := range p.Services {
		for variable, value := range variables(s) {
			host, port := address(variable, value)
			if host == "127.0.0.1" {
				require.True(t, published[port], "%s: %s names a port that is not published", name, variable)
			} else if host != "" {
				require.Contains(t, p.Services, host, "%s: %s", name, variable)
			}
		}
	}
}

// address returns the host and port of a variable, if it holds one.
func address(variable, value string) (host, port string) {
	if strings.HasSuffix(variable, "_ADDRESS") {
		host, port, _ = net.SplitHostPort(value)
		return host, port
	}
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return "", ""
	}
	return u.Hostname(), u.Port()
}

func TestCompose_localPlaidReachesTheAPIAtItsPublicURL(t *testing.T) {
	t.Parallel()
	api := project(t).Services["api"]
	vars := variables(api)
	require.Equal(t, "service:plaid", api.NetworkMode, "127.0.0.1 is then the same to both")
	host, port := address("PUBLIC_URL", vars["PUBLIC_URL"])
	require.Equal(t, "127.0.0.1", host)
	require.Equal(t, ":"+port, vars["LISTEN_ADDR"])
}

func TestCompose_temporalGetsTheWorkflowsSearchAttributes(t *testing.T) {
	t.Parallel()
	p := project(t)
	s := p.Services["search-attributes"]
	require.Equal(t, []string{"operator", "search-attribute", "create"}, []string(s.Command[:3]))
	registered := map[string]string{}
	var name string
	for _, argument := range s.Command[3:] {
		if after, ok := strings.CutPrefix(argument, "--name="); ok {
			name = after
			continue
		}
		kind, ok := strings.CutPrefix(argument, "--type=")
		require.True(t, ok, argument)
		registered[name] = kind
	}
	require.Equal(t, workflows.SearchAttributes(), registered)
	require.Equal(t, p.Services["temporal"].Image, s.Image, "the tool is the server's own")
}

func TestCompose_imagesArePinned(t *testing.T) {
	t.Parallel()
	for name, s := range project(t).Services {
		if s.Image == ownImage {
			require.NotNil(t, s.Build, "%s: the image is built here", name)
			continue
		}
		_, tag, ok := strings.Cut(s.Image, ":")
		require.True(t, ok, "%s: %s names no version", name, s.Image)
		require.NotEqual(t, "latest", tag, "%s", name)
	}
}
