package enrolment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
)

func shop() enrolment.Merchant {
	return enrolment.Merchant{
		ID: "m1", BusinessName: "Shop", Email: "a@example.com", TimeZone: "Europe/Paris", Locale: "fr-FR", CountryCodes: []string{"FR"},
	}
}

func TestWithDefaults_fillsInOnlyWhatIsMissing(t *testing.T) {
	t.Parallel()
	got := enrolment.WithDefaults(enrolment.Merchant{ID: "m1"})
	require.Equal(t, enrolment.Merchant{ID: "m1", TimeZone: "America/New_York", Locale: "en-US"}, got)
	require.Equal(t, shop(), enrolment.WithDefaults(shop()))
}

func TestCheckMerchant_acceptsAWholeMerchant(t *testing.T) {
	t.Parallel()
	require.Empty(t, enrolment.CheckMerchant(shop()))
	m := enrolment.WithDefaults(enrolment.Merchant{ID: "m1", BusinessName: "Shop", Email: "a@example.com"})
	require.Empty(t, enrolment.CheckMerchant(m), "the defaults are right, and no country is needed")
}

func TestCheckMerchant_namesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	zone, locale := "time_zone is not an IANA time zone", "locale is not a BCP 47 tag"
	for _, c := range []struct {
		spoil func(m *enrolment.Merchant)
		want  string
	}{
		{func(m *enrolment.Merchant) { m.ID = "" }, "id is missing"},
		{func(m *enrolment.Merchant) { m.BusinessName = "" }, "business_name is missing"},
		{func(m *enrolment.Merchant) { m.Email = "" }, "email is not a bare mail address"},
		{func(m *enrolment.Merchant) { m.Email = "Ada <a@example.com>" }, "email is not a bare mail address"},
		{func(m *enrolment.Merchant) { m.TimeZone = "" }, zone},
		{func(m *enrolment.Merchant) { m.TimeZone = "Local" }, zone},
		{func(m *enrolment.Merchant) { m.TimeZone = "Mars/Olympus" }, zone},
		{func(m *enrolment.Merchant) { m.Locale = "" }, locale},
		{func(m *enrolment.Merchant) { m.Locale = "not a locale!!" }, locale},
		{
			func(m *enrolment.Merchant) { m.CountryCodes = []string{"US", "ZZ"} },
			"country_codes names a country that Plaid has no banks of; they are like US",
		},
	} {
		m := shop()
		c.spoil(&m)
		problems := enrolment.CheckMerchant(m)
		require.Len(t, problems, 1, c.want)
		require.Equal(t, c.want, problems[0].String())
	}
}

func TestCheckMerchant_reportsAllProblemsAtOnceAndQuotesNoValue(t *testing.T) {
	t.Parallel()
	problems := enrolment.CheckMerchant(enrolment.Merchant{
		Email: "ada lovelace", TimeZone: "Local", Locale: "!", CountryCodes: []string{"ZZ"},
	})
	var fields []string
	for _, p := range problems {
		fields = append(fields, p.Field)
		require.NotContains(t, p.String(), "ada")
	}
	require.Equal(t, []string{"id", "business_name", "email", "time_zone", "locale", "country_codes"}, fields)
	require.Equal(t, problems[3:5], problems.Within([]string{"locale", "time_zone", "contact_name"}))
	require.Empty(t, problems.Within(nil))
}
