package devstack

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"relink/internal/blackbox"
)

// seed is an Item that dev starts with. code is the error that its bank returns, empty for a healthy one.
type seed struct{ id, business, contact, email, zone, partner, code string }

var seeds = []seed{
	{"blue-bottle", "Blue Bottle", "Ada", "owner@bluebottle.example", "", "iso-7", ""},
	{"corner-bakery", "Corner Bakery", "Ben", "ben@cornerbakery.example", "America/Chicago", "", "ITEM_LOGIN_REQUIRED"},
	{"harbor-supply", "Harbor Supply", "Cleo", "cleo@harborsupply.example", "America/Los_Angeles", "iso-7", "NO_ACCOUNTS"},
	{"delta-dental", "Delta Dental Lab", "Dov", "dov@deltadental.example", "", "", "ITEM_LOCKED"},
	{"elm-street-auto", "Elm Street Auto", "", "office@elmstreetauto.example", "America/Denver", "", ""},
}

// Seed enrols a few merchants and breaks some of their Items, once for a data folder.
func (s *Stack) Seed(ctx context.Context) error {
	done := filepath.Join(s.opts.Dir, "seeded")
	if _, err := os.Stat(done); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, sd := range seeds {
		it, err := s.Client.Link(ctx, blackbox.Merchant{
			ID: sd.id, BusinessName: sd.business, ContactName: sd.contact, Email: sd.email, TimeZone: sd.zone, Partner: sd.partner,
		})
		if err == nil && sd.code != "" {
			_, err = s.Client.Break(ctx, it.ID, sd.code)
		}
		if err != nil {
			return fmt.Errorf("seed the Item of %s: %w", sd.business, err)
		}
	}
	return os.WriteFile(done, nil, 0o600)
}
