package enrolment_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
)

func TestReadRows_columnsComeInAnyOrderAndOptionalOnesMayBeMissing(t *testing.T) {
	t.Parallel()
	rows, err := enrolment.ReadRows(strings.NewReader("\ufeffEmail, merchant_id,access_token,item_id,business_name,required_accounts\n" +
		"a@example.com,m1,access-sandbox-1,itm1,\"Blue, Bottle\",acc1;acc2\n"))
	require.NoError(t, err)
	require.Equal(t, []enrolment.Row{{
		Line: 2, ItemID: "itm1", AccessToken: "access-sandbox-1", RequiredAccounts: []string{"acc1", "acc2"},
		Merchant: enrolment.Merchant{
			ID: "m1", BusinessName: "Blue, Bottle", Email: "a@example.com", TimeZone: "America/New_York", Locale: "en-US",
		},
	}}, rows)
}

func TestReadRows_reportsAllBadRowsTogetherAndShowsNoToken(t *testing.T) {
	t.Parallel()
	rows, err := enrolment.ReadRows(strings.NewReader(strings.Join([]string{
		"item_id,access_token,merchant_id,business_name,email,time_zone",
		"itm1,access-sandbox-secret,m1,Shop,a@example.com,Mars/Olympus",
		"itm2,access-sandbox-secret,m1,Shop,not an address,",
		",access-sandbox-secret,,Shop,a@example.com,",
		"itm3,access-sandbox-secret,m1,Shop,a@example.com,",
		"itm3,access-sandbox-secret,m1,Shop,a@example.com,",
		"itm4,access-sandbox-secret",
	}, "\n")))
	require.Nil(t, rows, "nothing is enrolled by halves")
	for _, want := range []string{
		`line 2: time_zone "Mars/Olympus"`, "line 3: email", "line 4: item_id is empty", "line 4: merchant_id is empty",
		"line 6: item_id itm3 is on line 5 already", "line 7: it has 2 fields, the header has 6",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "secret")
}

func TestReadRows_namesTheColumnsOfAWrongHeader(t *testing.T) {
	t.Parallel()
	_, err := enrolment.ReadRows(strings.NewReader("item_id,acces_token,email,email\n"))
	for _, want := range []string{
		`no column "acces_token"`, "email is there twice", "column access_token is missing", "column business_name is missing",
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = enrolment.ReadRows(strings.NewReader(""))
	require.ErrorContains(t, err, "header")
}

// An earlier import accepted these values, and the api refused them. Local is the zone of the machine that runs relink.
func TestReadRows_refusesWhatTheAPIRefuses(t *testing.T) {
	t.Parallel()
	rows, err := enrolment.ReadRows(strings.NewReader(strings.Join([]string{
		"item_id,access_token,merchant_id,business_name,email,time_zone,locale",
		"itm1,access-sandbox-secret,m1,Shop,a@example.com,Local,en-US",
		"itm2,access-sandbox-secret,m1,Shop,a@example.com,,not a locale!!",
		"itm3,access-sandbox-secret,m1,Shop,nobody,Local,not a locale!!",
	}, "\n")))
	require.Nil(t, rows)
	require.EqualError(t, err, strings.Join([]string{
		`line 2: time_zone "Local" is not an IANA time zone`,
		`line 3: locale "not a locale!!" is not a BCP 47 tag`,
		`line 4: email is not a bare mail address`,
		`line 4: time_zone "Local" is not an IANA time zone`,
		`line 4: locale "not a locale!!" is not a BCP 47 tag`,
	}, "\n"))
}
