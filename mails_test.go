package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func mailsOf(t *testing.T, s shell, line string) mailsLine {
	t.Helper()
	var args []string
	for word := range strings.FieldsSeq(line) {
		args = append(args, strings.ReplaceAll(word, "~", " "))
	}
	l, err := parseMails(s, args)
	require.NoError(t, err, line)
	return l
}

func TestAPauseIsKeptOnceAndListedWithItsWhy(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	s, out, _ := at()
	l := mailsOf(t, s, "pause --institution ins_3 --why their~outage")
	require.NoError(t, l.pause(t.Context(), store))
	require.NoError(t, l.pause(t.Context(), store))
	require.Equal(t, "mails of institution ins_3 are paused\nmails of institution ins_3 are paused already; that pause stays as it is\n", out.String())

	out.Reset()
	require.NoError(t, mailsOf(t, s, "pauses").list(t.Context(), store))
	require.Contains(t, out.String(), "their outage")
	require.Equal(t, 2, strings.Count(out.String(), "\n"))
	out.Reset()
	require.NoError(t, mailsOf(t, s, "pauses --json").list(t.Context(), store))
	var p item.MailPause
	require.NoError(t, json.Unmarshal(out.Bytes(), &p))
	require.Equal(t, item.PauseInstitution, p.Scope)
	require.Equal(t, "ins_3", p.Key)
	require.Equal(t, "olga", p.By)
}

func TestEverybodysMailsArePausedOnlyByAYes(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	s, _, _ := at()
	require.ErrorIs(t, mailsOf(t, s, "pause --all --why x").pause(t.Context(), store), errUsage)
	pauses, err := store.Pauses(t.Context())
	require.NoError(t, err)
	require.Empty(t, pauses)
	require.NoError(t, mailsOf(t, s, "pause --all --why x --yes").pause(t.Context(), store))
	pauses, err = store.Pauses(t.Context())
	require.NoError(t, err)
	require.Len(t, pauses, 1)
}

func TestOneCommandReleasesAMassBreak(t *testing.T) {
	t.Parallel()
	store := testStore(t)
	_, err := store.PauseMails(t.Context(), item.MailPause{Scope: item.PauseInstitution, Key: "ins_3", FirstMails: true, Why: "60 Items broke", By: "the guard"})
	require.NoError(t, err)
	require.NoError(t, store.OpenTask(t.Context(), item.Task{Key: "mass_break/institution/ins_3", Kind: item.TaskMassBreak, Why: "60 Items broke"}))
	h := &fakeHand{matches: 60}

	s, _, ask := at("n\n")
	require.NoError(t, mailsOf(t, s, "resume --institution ins_3").resume(t.Context(), store, h))
	require.Contains(t, ask.String(), "60 Items broke")

	require.Contains(t, ask.String(), "60 Items wait; resume them? [y/N]")
	pauses, err := store.Pauses(t.Context())
	require.NoError(t, err)
	require.Len(t, pauses, 1, "nothing was changed")
	require.False(t, h.touched())

	s, out, _ := at("y\n")
	require.NoError(t, mailsOf(t, s, "resume --institution ins_3 --json").resume(t.Context(), store, h))
	require.JSONEq(t, `{"scope":"institution","key":"ins_3","pauses_ended":1,"do":"release","matched":60,"reached":60,"missed":0}`, out.String())
	query := "RelinkState IN ('login_required', 'revoked', 'expiring') AND RelinkInstitution = 'ins_3'"
	require.Equal(t, map[string]item.Order{query: {Do: item.Release, By: "olga"}}, h.many)
	pauses, err = store.Pauses(t.Context())
	require.NoError(t, err)
	require.Empty(t, pauses)
	tasks, err := store.Tasks(t.Context())
	require.NoError(t, err)
	require.Empty(t, tasks, "nobody has to look any more")

	err = mailsOf(t, s, "resume --institution ins_3").resume(t.Context(), store, h)
	require.ErrorContains(t, err, "are not paused")
	require.NotErrorIs(t, err, errUsage)
}

func TestAPauseEndsBeforeItsItemsAreTold(t *testing.T) {
	t.Parallel()
	order := []string{}
	stops := recordedStops{said: &order}
	h := &fakeHand{matches: 3, batchErr: errors.New("Temporal is away")}
	s, _, _ := at()
	err := mailsOf(t, s, "resume --all --yes").resume(t.Context(), stops, h)
	require.ErrorIs(t, err, h.batchErr)
	require.ErrorContains(t, err, "the pause has ended")
	require.Equal(t, []string{"all "}, order, "an Item that is told while mails are paused would be held again")
}

type recordedStops struct{ said *[]string }

func (r recordedStops) PauseMails(context.Context, item.MailPause) (bool, error) { return true, nil }

func (r recordedStops) ResumeMails(_ context.Context, scope item.PauseScope, key, _ string) (int, error) {
	*r.said = append(*r.said, string(scope)+" "+key)
	return 1, nil
}

func (r recordedStops) Pauses(context.Context) ([]item.MailPause, error) {
	return []item.MailPause{{Scope: item.PauseAll, Why: "a drill"}}, nil
}

func TestAScopesItemsAreFoundByItsOwnAttributeWhateverItsName(t *testing.T) {
	t.Parallel()
	require.Equal(t, waiting, waitingIn(item.PauseAll, ""))
	require.Equal(t, waiting+` AND RelinkPartner = 'o''neil & co'`, waitingIn(item.PausePartner, `o'neil & co`))
	require.Equal(t, waiting+` AND RelinkMerchant = 'm_1'`, waitingIn(item.PauseMerchant, "m_1"))
}

func TestWrongUsageOfMailsIsNamed(t *testing.T) {
	t.Parallel()
	s, _, _ := at()
	for line, names := range map[string]string{
		"":                                       "pause, resume, pauses",
		"stop":                                   `"stop"`,
		"pause":                                  "one of --all",
		"pause --all":                            "--why",
		"pause --all --partner acme --why x":     "one of --all",
		"pause --merchant m --partner p --why x": "one of --all",
		"pause --merchant m":                     "--why",
		"resume --why x --all":                   "why",
		"resume":                                 "one of --all",
		"resume --all ins_3":                     `"ins_3"`,
		"pauses --all":                           "all",
		`resume --partner a"b`:                   "cannot be looked for",
		`pause --why x --partner a\b`:            "cannot be looked for",
	} {
		_, err := parseMails(s, strings.Fields(line))
		require.ErrorIs(t, err, errUsage, line)
		require.ErrorContains(t, err, names, line)
	}
}
