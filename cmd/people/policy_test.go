package people

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/policy"
)

// policyAt writes a policy file, and returns its path.
func policyAt(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// appliedPolicies is a fake store of policies. It records when one was applied.
type appliedPolicies struct {
	Records
	files [][]byte
	at    time.Time
}

func (a *appliedPolicies) AppliedPolicy(context.Context) ([]byte, time.Time, error) {
	if len(a.files) == 0 {
		return nil, time.Time{}, nil
	}
	return a.files[len(a.files)-1], a.at, nil
}

func (a *appliedPolicies) ApplyPolicy(_ context.Context, file []byte, _, _ string) error {
	a.files, a.at = append(a.files, file), time.Now()
	return nil
}

func TestPolicyApply_itemsPlanAgainOnceEveryWorkerHasIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := []byte("gap: 24h\n")
		p, err := policy.Parse(file)
		require.NoError(t, err)
		store, c := &appliedPolicies{}, &fakeCommander{matches: 7}
		d := &shell{records: store, commander: c}
		line := "policy apply " + policyAt(t, string(file))

		require.NoError(t, d.says(t, "n\n", line))
		require.Contains(t, d.errOut.String(), "-> "+p.Version()+": 7 waiting Items plan again; apply it? [y/N]")
		require.Empty(t, store.files)
		require.False(t, c.touched())
		require.ErrorIs(t, d.types(t, line), cli.ErrUsage)
		require.Empty(t, store.files)

		require.NoError(t, d.says(t, "y\n", line))
		require.Equal(t, [][]byte{file}, store.files)
		require.Equal(t, item.OperatorCommand{Do: item.Replan, By: "olga"}, c.many[waiting])
		require.Equal(t, "policy "+p.Version()+" holds; 7 of 7 waiting Items plan again\n", d.out.String())
		require.Greater(t, c.batchAt.Sub(store.at), 5*time.Second, "workers look for a newer policy every 5 s")
	})
}

func TestPolicyApply_ofTheOneThatHoldsFinishesARunThatBrokeOff(t *testing.T) {
	t.Parallel()
	file := []byte("gap: 24h\n")
	p, err := policy.Parse(file)
	require.NoError(t, err)
	store, c := &appliedPolicies{files: [][]byte{file}}, &fakeCommander{matches: 7, missed: 1}
	d := &shell{records: store, commander: c}
	line := "policy apply " + policyAt(t, string(file))
	require.ErrorContains(t, d.says(t, "y\n", line+" --json"), "1 Item could not be reached")
	require.Contains(t, d.errOut.String(), "policy "+p.Version()+" holds already: 7 waiting Items plan again")
	require.Len(t, store.files, 1, "it is not stored once more")
	require.JSONEq(t,
		`{"version":"`+p.Version()+`","was":"`+p.Version()+`","do":"replan","matched":7,"reached":6,"missed":1}`, d.out.String())

	c.batchErr = errors.New("Temporal is away")
	require.ErrorContains(t, d.says(t, "y\n", line), "apply it once more")
}

func TestPolicyApply_takesTheFileNamedOrElseTheOneConfigured(t *testing.T) {
	t.Parallel()
	const named, configured = "gap: 24h\n", "gap: 48h\n"
	store := &appliedPolicies{files: [][]byte{[]byte(named)}} // it is in force already, so that nothing has to be waited for
	d := &shell{records: store, commander: &fakeCommander{}, policyFile: policyAt(t, configured)}
	require.NoError(t, d.types(t, "policy apply "+policyAt(t, named)+" --yes"))
	require.Len(t, store.files, 1)
	store.files = [][]byte{[]byte(configured)}
	require.NoError(t, d.types(t, "policy apply --yes"))
	require.Len(t, store.files, 1)
}

func TestPolicyApply_refusesAFileThatIsNotRight(t *testing.T) {
	t.Parallel()
	d := &shell{}
	err := d.types(t, "policy apply --yes "+policyAt(t, "gap: soon\nsteps: [0d]\nquiet: 8\n"))
	require.NotErrorIs(t, err, cli.ErrUsage, "exit 1")
	require.ErrorContains(t, err, "line 1")
	require.ErrorContains(t, err, "line 3")
	require.False(t, d.opened)
}

func TestPolicy_namesWrongUsage(t *testing.T) {
	t.Parallel()
	refuses(t, map[string]string{
		"policy":                     "apply or preview",
		"policy show":                `"show"`,
		"policy apply":               "POLICY_FILE",
		"policy apply a.yaml b.yaml": "one file",
	})
}
