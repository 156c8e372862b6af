package enrolment

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"relink/internal/item"
)

// Row is one Item of an enrolment file. AccessToken is a secret.
type Row struct {
	Line        int // in the file, counted from 1
	ItemID      item.ID
	AccessToken string
	// InstitutionID is used when Plaid names none.
	InstitutionID string
	Merchant      Merchant // checked, with its defaults
	// RequiredAccounts are separated by spaces or semicolons in the file.
	RequiredAccounts                []string
	HubSpotDealID, MarqetaUserToken string
}

// columns are the columns that the file may have, in any order. It must have the needed ones.
var columns = []string{
	"item_id", "access_token", "institution_id", "merchant_id", "business_name", "contact_name", "email", "time_zone",
	"locale", "partner", "required_accounts", "hubspot_deal_id", "marqeta_user_token",
}

var needed = []string{"item_id", "access_token", "merchant_id", "business_name", "email"}

// ReadRows reads an enrolment file: CSV with a header row. It reports all problems together, each with its line, and no
// error holds an access token. With an error it returns no rows, so a file is enrolled as a whole or not at all.
func ReadRows(r io.Reader) ([]Row, error) {
	file := csv.NewReader(r)
	file.FieldsPerRecord = -1 // parseRow reports a wrong number of fields together with the other problems
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
		row, wrong := parseRow(record, at, len(header))
		if len(wrong) == 0 && seen[row.ItemID] != 0 {
			wrong = []string{fmt.Sprintf("item_id %s is on line %d already", row.ItemID, seen[row.ItemID])}
		}
		for _, sentence := range wrong {
			problems = append(problems, fmt.Errorf("line %d: %s", line, sentence))
		}
		if len(wrong) > 0 {
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

// indexHeader returns the position of each column.
func indexHeader(header []string) (map[string]int, error) {
	at := map[string]int{}
	var problems []error
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))) // spreadsheets write a BOM
		if !slices.Contains(columns, name) {
			problems = append(problems, fmt.Errorf("line 1: there is no column %q; there are %s", name, strings.Join(columns, ", ")))
		}
		if _, twice := at[name]; twice {
			problems = append(problems, fmt.Errorf("line 1: column %s is there twice", name))
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

// parseRow returns the row and a sentence for each thing that is wrong with it.
func parseRow(record []string, at map[string]int, width int) (row Row, wrong []string) {
	if len(record) != width {
		return Row{}, []string{fmt.Sprintf("it has %d fields, the header has %d", len(record), width)}
	}
	field := func(name string) string {
		if i, ok := at[name]; ok {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	merchant := WithDefaults(Merchant{
		ID: field("merchant_id"), BusinessName: field("business_name"), ContactName: field("contact_name"),
		Email: field("email"), TimeZone: field("time_zone"), Locale: field("locale"), Partner: field("partner"),
	})
	return Row{
		ItemID: item.ID(field("item_id")), AccessToken: field("access_token"), InstitutionID: field("institution_id"),
		Merchant:         merchant,
		RequiredAccounts: strings.FieldsFunc(field("required_accounts"), func(r rune) bool { return r == ' ' || r == ';' }),
		HubSpotDealID:    field("hubspot_deal_id"), MarqetaUserToken: field("marqeta_user_token"),
	}, rowProblems(field, merchant)
}

// columnOf maps a merchant's field to its column where the two names differ.
var columnOf = map[string]string{"id": "merchant_id"}

// quotable are the columns whose value an error may show: nothing in them is secret or names a person.
var quotable = []string{"time_zone", "locale"}

func rowProblems(field func(name string) string, m Merchant) []string {
	var wrong []string
	for _, name := range needed {
		if field(name) == "" {
			wrong = append(wrong, name+" is empty")
		}
	}
	for _, p := range CheckMerchant(m) {
		column := cmp.Or(columnOf[p.Field], p.Field)
		switch {
		case slices.Contains(needed, column) && field(column) == "": // reported above
		case slices.Contains(quotable, column):
			wrong = append(wrong, fmt.Sprintf("%s %q %s", column, field(column), p.Detail))
		default:
			wrong = append(wrong, column+" "+p.Detail)
		}
	}
	return wrong
}
