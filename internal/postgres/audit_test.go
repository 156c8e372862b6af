package postgres_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/postgres"
)

// story gives an Item an audit of four rows.
func (b bundle) story(t *testing.T, id item.ID) {
	t.Helper()
	b.enrol(t, id, "m_1")
	require.NoError(t,
		b.Record(t.Context(), id, []item.Transition{opened(1, noon.Add(1234567*time.Nanosecond)), closed(1, noon.Add(time.Hour))}))
	_, err := b.Act(t.Context(), act(id, item.LinkOpened), noon.Add(time.Minute), map[string]string{"browser": "O'Brien \"x\" \u2028"})
	require.NoError(t, err)
}

func TestVerifyAudit_coversAllRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.story(t, "itm_1")
	b.story(t, "itm_2")
	for _, id := range []item.ID{"itm_1", "itm_2"} {
		n, err := b.VerifyAudit(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, 4, n)
	}
	require.Equal(t, 8, b.count(t, `SELECT count(DISTINCT hash) FROM audit`), "two Items' chains share no link")
}

func TestAudit_cannotBeChangedInTheDatabaseItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.story(t, "itm_1")
	require.Equal(t, 1,
		b.count(t, `SELECT count(*) FROM pg_tables WHERE tablename = 'audit' AND tableowner = current_user`), "tried as the owner")
	before := b.dump(t)
	for _, sql := range []string{
		`UPDATE audit SET data = '{}'`,
		`UPDATE audit SET hash = hash WHERE seq = 1`,
		`DELETE FROM audit WHERE seq = 4`,
		`TRUNCATE audit`,
		`TRUNCATE items CASCADE`,
		`INSERT INTO audit SELECT * FROM audit ON CONFLICT (item_id, seq) DO UPDATE SET kind = 'forged'`,
		`MERGE INTO audit a USING items i ON a.item_id = i.item_id WHEN MATCHED THEN DELETE`,
	} {
		_, err := b.raw.Exec(t.Context(), sql)
		var refused *pgconn.PgError
		require.ErrorAs(t, err, &refused, sql)
		require.Contains(t, refused.Message, "the audit is append-only", sql)
	}
	_, err := b.raw.Exec(t.Context(), `DELETE FROM items`)
	require.ErrorContains(t, err, "violates foreign key")
	require.Equal(t, before, b.dump(t))
}

// tamper changes the audit as a superuser who has switched the triggers off.
func (b bundle) tamper(t *testing.T, sql string, id item.ID) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), b.raw, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `ALTER TABLE audit DISABLE TRIGGER ALL`); err != nil {
			return err
		}
		tag, err := tx.Exec(t.Context(), sql, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return fmt.Errorf("tampered with nothing: %s", sql)
		}
		_, err = tx.Exec(t.Context(), `ALTER TABLE audit ENABLE TRIGGER ALL`)
		return err
	}))
}

// link is one row of a chain, and its hash as anybody can compute it who knows how the chain is made.
type link struct {
	ItemID         string
	Seq            int64
	At             time.Time
	Kind, Key      string
	Data           string
	PrevHash, Hash []byte
}

func (l link) computed() []byte {
	var all []byte
	for _, part := range []string{
		string(l.PrevHash), l.ItemID, strconv.FormatInt(l.Seq, 10), l.At.UTC().Format(time.RFC3339Nano), l.Kind, l.Key, l.Data,
	} {
		all = binary.BigEndian.AppendUint64(all, uint64(len(part)))
		all = append(all, part...)
	}
	sum := sha256.Sum256(all)
	return sum[:]
}

func (b bundle) chain(t *testing.T, id item.ID) []link {
	t.Helper()
	rows, err := b.raw.Query(t.Context(), `
		SELECT item_id, seq, at, kind, key, data::text AS data, prev_hash, hash FROM audit WHERE item_id = $1 ORDER BY seq`, id)
	require.NoError(t, err)
	chain, err := pgx.CollectRows(rows, pgx.RowToStructByName[link])
	require.NoError(t, err)
	return chain
}

func TestAudit_eachHashCoversItsRowAndTheHashBeforeIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.story(t, "itm_1")
	prev := []byte{}
	for _, l := range b.chain(t, "itm_1") {
		require.Equal(t, prev, l.PrevHash)
		require.Equal(t, l.computed(), l.Hash)
		prev = l.Hash
	}
}

func TestVerifyAudit_findsARowForgedWithItsOwnHash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.story(t, "itm_1")
	forged := b.chain(t, "itm_1")[1]
	forged.Kind = "incident_changed"
	b.tamper(t,
		fmt.Sprintf(`UPDATE audit SET kind = '%s', hash = '\x%x' WHERE item_id = $1 AND seq = 2`, forged.Kind, forged.computed()), "itm_1")
	_, err := b.VerifyAudit(t.Context(), "itm_1")
	require.ErrorIs(t, err, postgres.ErrChainBroken)
	require.ErrorContains(t, err, "row 3")
	b.tamper(t, fmt.Sprintf(`UPDATE audit SET prev_hash = '\x%x' WHERE item_id = $1 AND seq = 3`, forged.computed()), "itm_1")
	_, err = b.VerifyAudit(t.Context(), "itm_1")
	require.ErrorIs(t, err, postgres.ErrChainBroken)
	require.ErrorContains(t, err, "row 3")
}

func TestVerifyAudit_findsATamperedAudit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := map[string]string{
		"data":               `UPDATE audit SET data = replace(data::text, 'credentials', 'mfa')::json WHERE item_id = $1 AND seq = 2`,
		"data's white space": `UPDATE audit SET data = replace(data::text, ':', ': ')::json WHERE item_id = $1 AND seq = 2`,
		"kind":               `UPDATE audit SET kind = 'incident_changed' WHERE item_id = $1 AND seq = 2`,
		"key":                `UPDATE audit SET key = 'incident/9/opened' WHERE item_id = $1 AND seq = 2`,
		"time":               `UPDATE audit SET at = at + interval '1 microsecond' WHERE item_id = $1 AND seq = 2`,
		"time of the last":   `UPDATE audit SET at = at + interval '1 day' WHERE item_id = $1 AND seq = 4`,
		"hash":               `UPDATE audit SET hash = sha256(hash) WHERE item_id = $1 AND seq = 4`,
		"the middle removed": `DELETE FROM audit WHERE item_id = $1 AND seq = 3`,
		"the first removed":  `DELETE FROM audit WHERE item_id = $1 AND seq = 1`,
		"removed and closed up": `WITH gone AS (DELETE FROM audit WHERE item_id = $1 AND seq = 3)
			UPDATE audit SET seq = 5 WHERE item_id = $1 AND seq = 4`,
		"a row of another Item": `UPDATE audit SET data = (SELECT data FROM audit WHERE item_id = 'untouched' AND seq = 4)
			WHERE item_id = $1 AND seq = 3`,
	}
	b.story(t, "untouched")
	n := 0
	for name, sql := range cases {
		n++
		id := item.ID(fmt.Sprintf("itm_%d", n))
		b.story(t, id)
		b.tamper(t, sql, id)
		_, err := b.VerifyAudit(t.Context(), id)
		require.ErrorIs(t, err, postgres.ErrChainBroken, name)
		require.ErrorContains(t, err, string(id), name)
	}
	_, err := b.VerifyAudit(t.Context(), "untouched")
	require.NoError(t, err)
}

func TestAudit_manyAppendsAtOnceMakeOneChainWithoutGaps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	requireNoErrors(t, atOnce(20, func(i int) error {
		_, err := b.Act(t.Context(), act("itm_1", item.LinkOpened), noon.Add(time.Duration(i)*time.Second), nil)
		return err
	}))
	n, err := b.VerifyAudit(t.Context(), "itm_1")
	require.NoError(t, err)
	require.Equal(t, 21, n)
}
