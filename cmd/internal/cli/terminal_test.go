package cli

import (
	"bytes"
	"os"
	"os/user"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

func TestConfirm_onlyAYesIsAYes(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{"y\n": true, "Yes\n": true, "n\n": false, "\n": false, "yep\n": false} {
		var asked bytes.Buffer
		term := &Terminal{In: strings.NewReader(typed), PersonAtIn: true, Err: &asked}
		agreed, err := term.Confirm("120 Items match", "remind them")
		require.NoError(t, err)
		require.Equal(t, want, agreed, "%q", typed)
		require.Contains(t, asked.String(), "120 Items match; remind them? [y/N] ")
		require.Equal(t, !want, strings.Contains(asked.String(), "nothing was changed"))
	}
}

func TestConfirm_refusesWhereNobodySits(t *testing.T) {
	t.Parallel()
	for _, hangsUp := range []bool{false, true} {
		term := &Terminal{In: strings.NewReader(""), PersonAtIn: hangsUp, Err: &bytes.Buffer{}}
		agreed, err := term.Confirm("120 Items match", "remind them")
		require.False(t, agreed)
		require.ErrorIs(t, err, ErrUsage, "exit 2")
		require.ErrorContains(t, err, "120 Items match")
		require.ErrorContains(t, err, "nothing was changed")
		term.Yes = true
		agreed, err = term.Confirm("120 Items match", "remind them")
		require.NoError(t, err)
		require.True(t, agreed)
	}
}

func TestConfirm_whatWasFoundForgesNoQuestion(t *testing.T) {
	t.Parallel()
	var asked bytes.Buffer
	term := &Terminal{In: strings.NewReader("n\n"), PersonAtIn: true, Err: &asked}
	_, err := term.Confirm("paused (x\x1b[2K\r1 Item matches)", "resume them")
	require.NoError(t, err)
	require.Contains(t, asked.String(), `paused (x\x1b[2K\r1 Item matches); resume them? [y/N] `)
}

func TestNewTerminal_actorIsTheUserOfTheMachine(t *testing.T) {
	t.Parallel()
	in, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer func() { _ = in.Close() }()
	term := NewTerminal(in, &bytes.Buffer{}, &bytes.Buffer{})
	require.False(t, term.PersonAtIn, "a device is not a person")
	who, err := user.Current()
	require.NoError(t, err)
	require.Equal(t, who.Username, term.Actor, "the plain name, whatever the command")
}

func TestActFlags_byNamesTheActor(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"--by=nora": "nora", "--by= nora ": "nora", "--by= ": "olga", "--yes": "olga"} {
		term := &Terminal{Actor: "olga"}
		flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
		term.ActFlags(flags)
		require.NoError(t, flags.Parse([]string{typed}))
		require.Equal(t, want, term.Actor, typed)
	}
}

func TestProgress_goesToStandardError(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	bar := (&Terminal{Out: &out, Err: &errOut}).Progress("remind", 10)
	bar.Set(3, 0)
	bar.Set(20, 20)
	bar.End()
	require.Contains(t, errOut.String(), "remind")
	require.Contains(t, errOut.String(), "20/20")
	require.Empty(t, out.String())
}
