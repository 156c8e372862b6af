package starter

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	"relink/internal/item"
)

// Row is one Item of an enrolment file. AccessToken is a secret.
type Row struct {
	Line        int // in the file, counted from 1
	ItemID      item.ID
	AccessToken string
	// InstitutionID is used when Plaid names none.
	InstitutionID string
	Merchant      item.Merchant
	// RequiredAccounts are separated by spaces or semicolons in the file.
	RequiredAccounts                []string
	HubSpotDealID, MarqetaUserToken string
}

// columns that the file may have, in any order; the needed ones must be there.
var columns = []string{
	"item_id", "access_token", "institution_id", "merchant_id", "business_name", "contact_name", "email", "time_zone", "locale", "partner",
	"required_accounts", "hubspot_deal_id", "marqeta_user_token",
}

var needed = []string{"item_id", "access_token", "merchant_id", "business_name", "email"}

// Defaults of a merchant that says nothing else.
const (
	DefaultTimeZone = "America/New_York"
	DefaultLocale   = "en-US"
)

// ReadRows reads an enrolment file: CSV with a header row. All that is wrong is reported together, each problem with
// its line, and no error holds an access token. With an error there are no rows: nothing is enrolled by halves.
func ReadRows(r io.Reader) ([]Row, error) {
	file := csv.NewReader(r)
	file.FieldsPerRecord = -1
	header, err := file.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty; it needs a header row with " + strings.Join(needed, ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	at, err := indexHeader(header)
	if err != nil {
		return nil, err
	}
	var (
		rows     []Row
		problems []error
		seen     = map[item.ID]int{}
	)
	for {
		record, err := file.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(append(problems, fmt.Errorf("read file: %w", err))...)
		}
		line, _ := file.FieldPos(0)
		row, err := parseRow(record, at, len(header))
		if err == nil && seen[row.ItemID] != 0 {
			err = fmt.Errorf("item_id %s stands on line %d already", row.ItemID, seen[row.ItemID])
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", line, err))
			continue
		}
		row.Line = line
		seen[row.ItemID] = line
		rows = append(rows, row)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return rows, nil
}

func indexHeader(header []string) (map[string]int, error) {
	at := map[string]int{}
	var problems []error
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))) // spreadsheets write a BOM
		if !slices.Contains(columns, name) {
			problems = append(problems, fmt.Errorf("line 1: there is no column %q; there are %s", name, strings.Join(columns, ", ")))
		}
		if _, twice := at[name]; twice {
			problems = append(problems, fmt.Errorf("line 1: column %s stands there twice", name))
		}
		at[name] = i
	}
	for _, name := range needed {
		if _, ok := at[name]; !ok {
			problems = append(problems, fmt.Errorf("line 1: column %s is missing", name))
		}
	}
	return at, errors.Join(problems...)
}

func parseRow(record []string, at map[string]int, width int) (Row, error) {
	if len(record) != width {
		return Row{}, fmt.Errorf("it has %d fields, the header has %d", len(record), width)
	}
	field := func(name string) string {
		if i, ok := at[name]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	var problems []error
	for _, name := range needed {
		if field(name) == "" {
			problems = append(problems, fmt.Errorf("%s is empty", name))
		}
	}
	merchant, err := CheckMerchant(item.Merchant{
		ID: field("merchant_id"), BusinessName: field("business_name"), ContactName: field("contact_name"), Email: field("email"),
		TimeZone: field("time_zone"), Locale: field("locale"), Partner: field("partner"),
	})
	if len(problems) == 0 && err != nil {
		problems = append(problems, err)
	}
	return Row{
		ItemID: item.ID(field("item_id")), AccessToken: field("access_token"), InstitutionID: field("institution_id"), Merchant: merchant,
		RequiredAccounts: strings.FieldsFunc(field("required_accounts"), func(r rune) bool { return r == ' ' || r == ';' }),
		HubSpotDealID:    field("hubspot_deal_id"), MarqetaUserToken: field("marqeta_user_token"),
	}, errors.Join(problems...)
}

// CheckMerchant fills in defaults and names the first field that is wrong.
func CheckMerchant(m item.Merchant) (item.Merchant, error) {
	if m.TimeZone == "" {
		m.TimeZone = DefaultTimeZone
	}
	if m.Locale == "" {
		m.Locale = DefaultLocale
	}
	address, err := mail.ParseAddress(m.Email)
	_, badZone := time.LoadLocation(m.TimeZone)
	switch {
	case m.ID == "":
		return m, errors.New("merchant id is missing")
	case m.BusinessName == "":
		return m, errors.New("business_name is missing")
	case err != nil || address.Address != m.Email:
		return m, errors.New("email is not a bare mail address")
	case badZone != nil:
		return m, fmt.Errorf("time_zone %q is not an IANA time zone", m.TimeZone)
	}
	return m, nil
}
