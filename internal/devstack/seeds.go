package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"relink/internal/outside"
)

// seed is an Item that dev starts with; code is the error its bank answers, empty for a healthy one.
type seed struct {
	merchant outside.Merchant
	code     string
}

var seeds = []seed{
	{outside.Merchant{ID: "blue-bottle", BusinessName: "Blue Bottle", ContactName: "Ada", Email: "owner@bluebottle.example", Partner: "iso-7"}, ""},
	{outside.Merchant{ID: "corner-bakery", BusinessName: "Corner Bakery", ContactName: "Ben", Email: "ben@cornerbakery.example", TimeZone: "America/Chicago"}, "ITEM_LOGIN_REQUIRED"},
	{outside.Merchant{ID: "harbor-supply", BusinessName: "Harbor Supply", ContactName: "Cleo", Email: "cleo@harborsupply.example", TimeZone: "America/Los_Angeles", Partner: "iso-7"}, "NO_ACCOUNTS"},
	{outside.Merchant{ID: "delta-dental", BusinessName: "Delta Dental Lab", ContactName: "Dov", Email: "dov@deltadental.example"}, "ITEM_LOCKED"},
	{outside.Merchant{ID: "elm-street-auto", BusinessName: "Elm Street Auto", Email: "office@elmstreetauto.example", TimeZone: "America/Denver"}, ""},
}

// Seed enrols a few merchants and breaks some of their Items, once for a data folder.
func (s *Stack) Seed(ctx context.Context) error {
	done := filepath.Join(s.opts.Dir, "seeded")
	if _, err := os.Stat(done); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, sd := range seeds {
		it, err := s.World.Link(ctx, sd.merchant)
		if err != nil {
			return fmt.Errorf("seed %s: %w", sd.merchant.BusinessName, err)
		}
		if sd.code == "" {
			continue
		}
		if _, err := s.World.Break(ctx, it.ID, sd.code); err != nil {
			return fmt.Errorf("break the Item of %s: %w", sd.merchant.BusinessName, err)
		}
	}
	if err := os.WriteFile(done, nil, 0o600); err != nil {
		return fmt.Errorf("mark data as seeded: %w", err)
	}
	return nil
}
