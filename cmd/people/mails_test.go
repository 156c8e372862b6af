package people

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

func TestMailsPause_isKeptOnceAndListedWithItsWhy(t *testing.T) {
	t.Parallel()
	d := &shell{records: testStore(t)}
	const line = "mails pause --institution ins_3 --why their~outage"
	require.NoError(t, d.types(t, line))
	require.Equal(t, "mails of institution ins_3 are paused\n", d.out.String())
	require.NoError(t, d.types(t, line))
	require.Equal(t, "mails of institution ins_3 are paused already; that pause stays as it is\n", d.out.String())
	require.NoError(t, d.types(t, line+" --json"))
	require.JSONEq(t, `{"scope":"institution","key":"ins_3","paused":false}`, d.out.String())

	require.NoError(t, d.types(t, "mails pauses"))
	require.Contains(t, d.out.String(), "their outage")
	require.Equal(t, 2, strings.Count(d.out.String(), "\n"))
	require.NoError(t, d.types(t, "mails pauses --json"))
	var p mailing.Pause
	require.NoError(t, json.Unmarshal(d.out.Bytes(), &p))
	require.Equal(t, mailing.PauseInstitution, p.Scope)
	require.Equal(t, "ins_3", p.Key)
	require.Equal(t, "olga", p.By)
}

func TestMailsPause_ofEverybodyNeedsAYes(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	d := &shell{records: store}
	require.ErrorIs(t, d.types(t, "mails pause --all --why x"), cli.ErrUsage)
	pauses, err := store.Pauses(t.Context())
	require.NoError(t, err)
	require.Empty(t, pauses)
	require.NoError(t, d.types(t, "mails pause --all --why x --yes"))
	pauses, err = store.Pauses(t.Context())
	require.NoError(t, err)
	require.Len(t, pauses, 1)
}

func TestMailsResume_releasesAMassBreakWithOneCommand(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	_, err := store.PauseMails(t.Context(), mailing.Pause{
		Scope: mailing.PauseInstitution, Key: "ins_3", FirstMails: true, Why: "60 Items broke", By: "the guard",
	})
	require.NoError(t, err)
	require.NoError(t, store.OpenTask(t.Context(), tasks.Task{
		Key: "mass_break/institution/ins_3", Kind: tasks.MassBreak, Why: "60 Items broke",
	}))
	c := &fakeCommander{matches: 60}
	d := &shell{records: store, commander: c}

	require.NoError(t, d.says(t, "n\n", "mails resume --institution ins_3"))
	require.Contains(t, d.errOut.String(), "60 Items broke")
	require.Contains(t, d.errOut.String(), "60 Items wait; resume them? [y/N]")
	pauses, err := store.Pauses(t.Context())
	require.NoError(t, err)
	require.Len(t, pauses, 1, "nothing was changed")
	require.False(t, c.touched())

	require.NoError(t, d.says(t, "y\n", "mails resume --institution ins_3 --json"))
	require.JSONEq(t,
		`{"scope":"institution","key":"ins_3","pauses_ended":1,"do":"release","matched":60,"reached":60,"missed":0}`, d.out.String())
	query := "RelinkState IN ('login_required', 'revoked', 'expiring') AND RelinkInstitution = 'ins_3'"
	require.Equal(t, map[string]item.OperatorCommand{query: {Do: item.Release, By: "olga"}}, c.many)
	pauses, err = store.Pauses(t.Context())
	require.NoError(t, err)
	require.Empty(t, pauses)
	tasks, err := store.Tasks(t.Context())
	require.NoError(t, err)
	require.Empty(t, tasks, "nobody has to look any more")

	err = d.says(t, "y\n", "mails resume --institution ins_3")
	require.ErrorContains(t, err, "are not paused")
	require.NotErrorIs(t, err, cli.ErrUsage)
}

func TestMailsResume_endsThePauseBeforeItReleasesItems(t *testing.T) {
	t.Parallel()
	pauses := &recordedPauses{}
	c := &fakeCommander{matches: 3, batchErr: errors.New("Temporal is away")}
	d := &shell{records: pauses, commander: c}
	err := d.types(t, "mails resume --all --yes")
	require.ErrorIs(t, err, c.batchErr)
	require.ErrorContains(t, err, "the pause has ended")
	require.Equal(t, []string{"all "}, pauses.ended, "an Item that is released while mails are paused would be held again")
}

// recordedPauses holds one pause of everybody, and records which pauses were ended.
type recordedPauses struct {
	Records
	ended []string
}

func (r *recordedPauses) ResumeMails(_ context.Context, scope mailing.PauseScope, key, _ string) (int, error) {
	r.ended = append(r.ended, string(scope)+" "+key)
	return 1, nil
}

func (r *recordedPauses) Pauses(context.Context) ([]mailing.Pause, error) {
	return []mailing.Pause{{Scope: mailing.PauseAll, Why: "a drill"}}, nil
}

func TestMailsScope_findsItsItemsByItsOwnAttributeWhateverItsName(t *testing.T) {
	t.Parallel()
	require.Equal(t, waiting, mailsScope{scope: mailing.PauseAll}.waitingItems())
	require.Equal(t, waiting+` AND RelinkPartner = 'o''neil & co'`, mailsScope{mailing.PausePartner, `o'neil & co`}.waitingItems())
	require.Equal(t, waiting+` AND RelinkMerchant = 'm_1'`, mailsScope{mailing.PauseMerchant, "m_1"}.waitingItems())
}

func TestMails_namesWrongUsage(t *testing.T) {
	t.Parallel()
	refuses(t, map[string]string{
		"mails":             "pause, pauses, resume",
		"mails stop":        `"stop"`,
		"mails pause":       "one of --all",
		"mails pause --all": "--why",
		"mails pause --all --partner acme --why x":     "one of --all",
		"mails pause --merchant m --partner p --why x": "one of --all",
		"mails pause --merchant m":                     "--why",
		"mails resume --why x --all":                   "why",
		"mails resume":                                 "one of --all",
		"mails resume --all ins_3":                     `"ins_3"`,
		"mails pauses --all":                           "all",
		`mails resume --partner a"b`:                   "cannot be looked for",
		`mails pause --why x --partner a\b`:            "cannot be looked for",
	})
}
