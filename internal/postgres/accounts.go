package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// KeepAccounts replaces an Item's accounts with the ones that Plaid just reported. For a removed Item it stores none.
func (s *Store) KeepAccounts(ctx context.Context, id item.ID, accounts []item.Account) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		return keepAccounts(ctx, tx, id, accounts)
	})
	if err != nil {
		return fmt.Errorf("keep accounts: %w", err)
	}
	return nil
}

func keepAccounts(ctx context.Context, tx pgx.Tx, id item.ID, accounts []item.Account) error {
	if _, err := tx.Exec(ctx, `DELETE FROM accounts WHERE item_id = $1`, id); err != nil {
		return fmt.Errorf("forget accounts of item %s: %w", id, err)
	}
	for i, a := range accounts {
		_, err := tx.Exec(ctx, `
			INSERT INTO accounts (item_id, account_id, name, mask, subtype, place, seen_at)
			SELECT item_id, $2, $3, $4, $5, $6, now() FROM items WHERE item_id = $1 AND state <> 'removed'
			ON CONFLICT DO NOTHING`, id, a.ID, a.Name, a.Mask, a.Subtype, i)
		if err != nil {
			return fmt.Errorf("insert account of item %s: %w", id, err)
		}
	}
	return nil
}

// accountsOf returns the accounts of all of a merchant's Items, in Plaid's order.
func (s *Store) accountsOf(ctx context.Context, merchantID string) (map[item.ID][]item.Account, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT a.item_id, a.account_id, a.name, a.mask, a.subtype FROM accounts a JOIN items USING (item_id)
		WHERE merchant_id = $1 ORDER BY a.item_id, a.place`, merchantID)
	if err != nil {
		return nil, fmt.Errorf("read accounts of merchant %s: %w", merchantID, err)
	}
	accounts := map[item.ID][]item.Account{}
	var (
		id item.ID
		a  item.Account
	)
	_, err = pgx.ForEachRow(rows, []any{&id, &a.ID, &a.Name, &a.Mask, &a.Subtype}, func() error {
		accounts[id] = append(accounts[id], a)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read accounts of merchant %s: %w", merchantID, err)
	}
	return accounts, nil
}
