package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/tasks"
)

// pausePoll is the interval at which a mail that a pause holds is checked again. Resuming signals every waiting Item.
// This poll only covers a lost signal, so it is slow: in a mass break thousands of Items poll.
const pausePoll = 30 * time.Minute

// massBreakGuard is stored as the author of the guard's pauses.
const massBreakGuard = "the guard against a mass break"

// hold returns why the mail must not go out now, and until when; the zero Hold means that it may. The caller has locked
// the merchant. Only pauses hold a mail that a person asked for. This is gate 4 of 4 of a reminder
// (docs/architecture.md).
func hold(
	ctx context.Context, tx pgx.Tx, m enrolment.Merchant, of claimant, mail item.MailRef, at time.Time, guard mailing.Guard,
) (item.Hold, error) {
	first := mail.Step == 1
	if first && !mail.SendNow && !guard.Shadow && !of.shadow {
		if err := stopMassBreak(ctx, tx, of, at, guard); err != nil {
			return item.Hold{}, err
		}
	}
	var why string
	err := tx.QueryRow(ctx, `
		SELECT why FROM pauses WHERE ended_at IS NULL AND (NOT first_mails OR $4) AND (scope = 'all'
			OR (scope = 'institution' AND key = $1) OR (scope = 'partner' AND key = $2) OR (scope = 'merchant' AND key = $3))
		ORDER BY first_mails, pause_id LIMIT 1`, of.institutionID, m.Partner, m.ID, first).Scan(&why)
	if err == nil {
		return item.Hold{Until: at.Add(pausePoll), Why: "paused: " + why}, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return item.Hold{}, fmt.Errorf("look for pauses: %w", err)
	}
	if mail.SendNow {
		return item.Hold{}, nil
	}
	// A mail that is claimed and not sent yet counts, because it is on its way. This mail's own claim does not count.
	var last time.Time
	err = tx.QueryRow(ctx, `
		SELECT max(coalesce(sent_at, claimed_at)) FROM mails
		WHERE merchant_id = $1 AND kind = ANY($3) AND failed_at IS NULL AND shadowed_at IS NULL AND slot <> $2`,
		m.ID, mail.DedupKey(of.itemID), remindingKinds()).Scan(zeroIfNull(&last))
	if err != nil {
		return item.Hold{}, fmt.Errorf("look for the last mail: %w", err)
	}
	if until := last.Add(guard.Gap); !last.IsZero() && until.After(at) {
		return item.Hold{Until: until, Why: "the merchant got a mail " + last.Format("2006-01-02 15:04 UTC")}, nil
	}
	return item.Hold{}, nil
}

// stopMassBreak pauses first mails and calls a person when more Items broke within the window than the policy allows.
func stopMassBreak(ctx context.Context, tx pgx.Tx, of claimant, at time.Time, guard mailing.Guard) error {
	if guard.Within <= 0 {
		return nil
	}
	var ofInstitution, ofAll int
	err := tx.QueryRow(ctx, `
		WITH released AS ( -- breaks from before the last release by a person do not count again
			SELECT max(ended_at) FILTER (WHERE scope = 'all') AS all_at, max(ended_at) FILTER (WHERE key = $1) AS institution_at
			FROM pauses WHERE first_mails AND scope IN ('all', 'institution') AND key IN ('', $1) AND ended_at IS NOT NULL)
		SELECT count(*) FILTER (WHERE institution_id = $1 AND broken_since > coalesce(greatest(institution_at, all_at), '-infinity')),
			count(*) FILTER (WHERE broken_since > coalesce(all_at, '-infinity'))
		FROM items, released WHERE broken_since > $2 AND state = ANY($3)`,
		of.institutionID, at.Add(-guard.Within), brokenStates()).Scan(&ofInstitution, &ofAll)
	if err != nil {
		return fmt.Errorf("count breaks: %w", err)
	}
	switch {
	case guard.OfAll > 0 && ofAll >= guard.OfAll:
		return pauseFirstMails(ctx, tx, "all", "", fmt.Sprintf("%d Items broke within %s", ofAll, guard.Within))
	case guard.OfInstitution > 0 && ofInstitution >= guard.OfInstitution:
		why := fmt.Sprintf("%d Items of %s broke within %s", ofInstitution, of.institution, guard.Within)
		return pauseFirstMails(ctx, tx, "institution", of.institutionID, why)
	}
	return nil
}

// pauseFirstMails pauses the first mails of a scope and opens a task. Only the first call does so, because many mails
// find the same break at the same time.
func pauseFirstMails(ctx context.Context, tx pgx.Tx, scope, key, why string) error {
	tag, err := tx.Exec(ctx, `
		INSERT INTO pauses (scope, key, first_mails, why, paused_by) VALUES ($1, $2, true, $3, $4)
		ON CONFLICT (scope, key, first_mails) WHERE ended_at IS NULL DO NOTHING`, scope, key, why, massBreakGuard)
	if err != nil {
		return fmt.Errorf("pause first mails: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return nil
	}
	return openTask(ctx, tx, tasks.Task{Key: "mass_break/" + scope + "/" + key, Kind: tasks.MassBreak, Why: why + "; first mails are paused"})
}
