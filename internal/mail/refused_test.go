package mail_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/mail"
)

func TestBadAddress_onlyByTheServersOwnCode(t *testing.T) {
	t.Parallel()
	for code, bad := range map[string]bool{
		"5.1.1": true, "5.1.2": true, "5.1.3": true, "5.1.6": true, "5.1.10": true, "5.2.1": true, "5.2.2": true,
		"5.1.7": false, "5.1.8": false, "5.7.1": false, "4.2.2": false, "": false, "5.4.4": false,
	} {
		r := mail.Refused{Stage: mail.StageRecipient, Code: 550, Enhanced: code, Permanent: true}
		require.Equal(t, bad, r.BadAddress(), code)
	}
	require.False(t, (&mail.Refused{Stage: mail.StageSender, Code: 550, Enhanced: "5.1.1"}).BadAddress(), "it may be tried again")
}
