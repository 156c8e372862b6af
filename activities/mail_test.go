package activities_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/enrolment"
	"relink/internal/item"
)

func TestSendMail_reminderIsClaimedHandedOverAndMarked(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Len(t, s.handed, 1)
		n := s.handed[0]
		require.Equal(t, activities.Sent{Outcome: item.MailSent, MessageID: n.MessageID}, sent)
		require.Equal(t, item.Reminder, n.Kind)
		require.Equal(t, address, n.Merchant.Email)
		require.Len(t, n.Connections, 1)
		require.True(t, n.Date.Equal(time.Now().Truncate(time.Second)))
		require.True(t, s.store.slot(reminder).sent.Equal(time.Now()))
		require.Zero(t, s.store.slot(reminder).failure)
	})
}

func TestSendMail_slotIsHandedOverOnce(t *testing.T) {
	t.Parallel()
	for _, mail := range []item.MailRef{reminder, thanks} {
		at(t, func(t *testing.T, s *mailSetup) {
			first, err := s.send(t, mail, 0)
			require.NoError(t, err)
			again, err := s.send(t, mail, 0)
			require.NoError(t, err)
			require.Equal(t, first, again)
			require.Len(t, s.handed, 1)

			_, err = s.send(t, item.MailRef{Kind: mail.Kind, Incident: 4, Step: mail.Step}, 0)
			require.NoError(t, err)
			require.Len(t, s.handed, 2, "another incident is another mail")
		})
	}
}

func TestSendMail_crashBeforeTheMarkHandsOverTheSameBytesAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.store.endFails = []error{errors.New("postgres: connection reset")}
		_, err := s.send(t, reminder, 0)
		require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
		require.Zero(t, s.store.slot(reminder).sent)

		// Meanwhile: hours pass, the merchant moves, and a deploy changes the mails' domain.
		<-time.After(3*time.Hour + 123*time.Millisecond)
		s.store.merchant.Email = "new@bluebottle.example"
		s.Mail = s.with(t, activities.MailOptions{PublicURL: options.PublicURL, Domain: "other.example.com"})
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Len(t, s.handed, 2)
		require.NotEmpty(t, s.handed[0].DeepLink)
		require.Equal(t, asJSON(t, s.handed[0]), asJSON(t, s.handed[1]))
		require.Equal(t, activities.Sent{Outcome: item.MailSent, MessageID: s.handed[0].MessageID}, sent)
		require.False(t, s.store.slot(reminder).sent.IsZero())

		_, err = s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Len(t, s.handed, 2)
	})
}

func TestSendMail_undeliverableIsRecordedAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.server = errors.Join(bounce("550 5.1.1 no such mailbox"))
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err, "an error would be retried")
		require.Equal(t, item.MailFailed, sent.Outcome)
		mail := s.store.slot(reminder)
		require.True(t, mail.badAddress)
		require.True(t, mail.failed.Equal(time.Now()))
		require.Equal(t, "550 5.1.1 no such mailbox", mail.failure)
		require.Zero(t, mail.sent)

		s.server = nil
		again, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, sent, again)
		require.Len(t, s.handed, 1)
	})
}

func TestSendMail_temporaryRefusalMarksNothingAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.server = errors.New("451 4.7.1 greylisted")
		_, err := s.send(t, reminder, 0)
		require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
		mail := s.store.slot(reminder)
		require.Zero(t, mail.sent)
		require.Zero(t, mail.failed)

		s.server = nil
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		require.Equal(t, asJSON(t, s.handed[0]), asJSON(t, s.handed[1]))
	})
}

func TestSendMail_unknownItemIsNotMailed(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		_, err := s.SendMail(t.Context(), activities.Send{ItemID: "nobody", Mail: thanks})
		require.Equal(t, decision{Type: "UnknownItem", Final: true}, decisionOf(t, err))
		require.Empty(t, s.handed)
	})
}

func TestSendMail_messageIDDependsOnTheSlotAlone(t *testing.T) {
	t.Parallel()
	id := func(t *testing.T, id item.ID, mail item.MailRef, later time.Duration, change func(s *mailSetup)) string {
		var sent activities.Sent
		at(t, func(t *testing.T, s *mailSetup) {
			change(s)
			<-time.After(later)
			var err error
			sent, err = s.SendMail(t.Context(), activities.Send{ItemID: id, Mail: mail, AnsweredAt: time.Now()})
			require.NoError(t, err)
			require.Equal(t, sent.MessageID, s.handed[0].MessageID)
		})
		return sent.MessageID
	}
	nothing := func(*mailSetup) {}
	seen := map[string]item.MailRef{}
	for _, mail := range []item.MailRef{
		reminder, thanks,
		{Kind: item.Reminder, Incident: 3, Step: 2},
		{Kind: item.Reminder, Incident: 4, Step: 1},
		{Kind: item.Reconnected, Incident: 4},
	} {
		for _, of := range []item.ID{itemID, "itm_2"} {
			first := id(t, of, mail, 0, nothing)
			require.NotContains(t, seen, first)
			seen[first] = mail
			require.Regexp(t, `^[0-9a-f]{16,}@mail\.example\.com$`, first)
			require.Equal(t, first, id(t, of, mail, 1000*time.Hour, func(s *mailSetup) {
				s.store.merchant = enrolment.Merchant{ID: "m_2", Email: "somebody@example.org"}
			}))
		}
	}
}

func TestSendMail_refusalOfTheContentDoesNotBlameTheAddress(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.server = bounce("554 5.7.1 looks like spam")
		_, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, "554 5.7.1 looks like spam", s.store.slot(reminder).failure)
		require.False(t, s.store.slot(reminder).badAddress)
	})
}
