package people

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/postgres"
	"relink/internal/testkit"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// shell is the terminal at which olga types commands, with the backend behind it.
type shell struct {
	records   Records
	commander Commander
	replayer  Replayer
	// policyFile is POLICY_FILE.
	policyFile string

	out, errOut bytes.Buffer
	opened      bool // a command has opened any part of the backend
}

func (d *shell) Records(context.Context) (Records, error) {
	d.opened = true
	return d.records, nil
}

func (d *shell) Commander(context.Context) (Commander, error) {
	d.opened = true
	return d.commander, nil
}

func (d *shell) Replayer(context.Context) (Replayer, error) {
	d.opened = true
	return d.replayer, nil
}

// types runs a command line without a person who could answer questions. Within a word, "~" stands for a space.
func (d *shell) types(t *testing.T, line string) error {
	t.Helper()
	var args []string
	for word := range strings.FieldsSeq(line) {
		args = append(args, strings.ReplaceAll(word, "~", " "))
	}
	return d.run(t, "", false, args...)
}

// says runs a command line as types does, with a person who answers the question.
func (d *shell) says(t *testing.T, answer, line string) error {
	t.Helper()
	var args []string
	for word := range strings.FieldsSeq(line) {
		args = append(args, strings.ReplaceAll(word, "~", " "))
	}
	return d.run(t, answer, true, args...)
}

func (d *shell) run(t *testing.T, typed string, personAtIn bool, args ...string) error {
	t.Helper()
	d.out.Reset()
	d.errOut.Reset()
	term := &cli.Terminal{Actor: "olga", PersonAtIn: personAtIn, In: strings.NewReader(typed), Out: &d.out, Err: &d.errOut}
	root := cli.Group(&cobra.Command{Use: "relink"}, Commands(Deps{
		Terminal: term, Backend: d, PolicyFile: d.policyFile, Now: func() time.Time { return noon },
	})...)
	_, err := cli.Execute(t.Context(), root, args)
	return err
}

// refuses checks that each line is wrong usage, that the error names what is wrong, and that nothing was opened.
func refuses(t *testing.T, lines map[string]string) {
	t.Helper()
	for line, names := range lines {
		d := &shell{}
		err := d.types(t, line)
		require.ErrorIs(t, err, cli.ErrUsage, line)
		require.ErrorContains(t, err, names, line)
		require.False(t, d.opened, line)
		require.Empty(t, d.out.String(), line)
	}
}

func testStore(t *testing.T) *postgres.Store {
	t.Helper()
	url := testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	store, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

// fakeCommander is a fake of Temporal. matches Items match any query, and missed of them cannot be reached.
type fakeCommander struct {
	matches, missed int64
	refuses         map[item.ID]error
	countErr        error
	batchErr        error

	counted []string
	many    map[string]item.OperatorCommand // by query
	each    map[item.ID]item.OperatorCommand
	walks   int
	batchAt time.Time
}

func (f *fakeCommander) Count(_ context.Context, matching string) (int64, error) {
	f.counted = append(f.counted, matching)
	return f.matches, f.countErr
}

func (f *fakeCommander) Command(_ context.Context, id item.ID, c item.OperatorCommand) error {
	if err := f.refuses[id]; err != nil {
		return err
	}
	if f.each == nil {
		f.each = map[item.ID]item.OperatorCommand{}
	}
	f.each[id] = c
	return nil
}

func (f *fakeCommander) CommandAll(
	_ context.Context, matching string, c item.OperatorCommand, progress func(done, total int64),
) (reached, missed int64, err error) {
	f.batchAt = time.Now()
	if f.batchErr != nil {
		return 0, 0, f.batchErr
	}
	if f.many == nil {
		f.many = map[string]item.OperatorCommand{}
	}
	f.many[matching] = c
	progress(0, 0)
	progress(f.matches-f.missed, f.matches)
	return f.matches - f.missed, f.missed, nil
}

func (f *fakeCommander) ReconcileNow(context.Context) error {
	f.walks++
	return nil
}

// touched reports that any command was sent.
func (f *fakeCommander) touched() bool { return len(f.many)+len(f.each)+f.walks > 0 }
