package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// kind is the purpose of a secret.
type kind string

const (
	accessToken  kind = "access token"
	linkToken    kind = "link token"
	publicToken  kind = "public token"
	hostedURL    kind = "hosted link URL"
	linkCookie   kind = "cookie of the opened link"
	bankState    kind = "state of a bank's return"
	deepLink     kind = "deep-link token"
	stopToken    kind = "unsubscribe token"
	bearerToken  kind = "bearer token"
	sessionToken kind = "session"
	plaidsKey    kind = "our key at Plaid"
	platformsKey kind = "the platform's key"
	mailAddress  kind = "mail address"
	personsName  kind = "person's name"
)

// secrets are the texts that must not be found, by kind.
type secrets map[kind][]string

func (s secrets) add(k kind, value string) {
	if value != "" && !slices.Contains(s[k], value) {
		s[k] = append(s[k], value)
	}
}

// place is a text that the run wrote, with the kinds of secrets that it needs.
type place struct {
	name string
	text []byte
	may  []kind
}

// find is a secret in a place that does not need it. It names the kind only, because the test's own output must hold no
// secret either.
type find struct {
	kind  kind
	place string
}

// scan looks for every secret in every place, also in the encodings in which texts are stored and sent.
func scan(all secrets, places []place) []find {
	var finds []find
	for k, values := range all {
		encodings := encodingsOf(values)
		for _, p := range places {
			if !slices.Contains(p.may, k) && holds(p.text, encodings) {
				finds = append(finds, find{k, p.name})
			}
		}
	}
	slices.SortFunc(finds, func(a, b find) int { return strings.Compare(a.place+string(a.kind), b.place+string(b.kind)) })
	return finds
}

func holds(text []byte, encodings [][]byte) bool {
	return slices.ContainsFunc(encodings, func(d []byte) bool { return bytes.Contains(text, d) })
}

func encodingsOf(values []string) [][]byte {
	var all [][]byte
	for _, v := range values {
		all = append(all, []byte(v), []byte(url.QueryEscape(v)), []byte(url.PathEscape(v)))
		coded := hex.EncodeToString([]byte(v))
		all = append(all, []byte(coded), []byte(strings.ToUpper(coded)))
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			for before := range 3 { // the encoding depends on the position in the text around it
				all = append(all, []byte(inside(encoding, v, before)))
			}
		}
	}
	return all
}

// inside returns the part of v's base64 that does not depend on the text around it.
func inside(encoding *base64.Encoding, v string, before int) string {
	coded := encoding.EncodeToString([]byte(strings.Repeat("-", before) + v))
	first := []int{0, 2, 3}[before]
	if (before+len(v))%3 != 0 {
		coded = coded[:len(coded)-1]
	}
	return coded[first:]
}

func TestSecretScan_findsEachEncoding(t *testing.T) {
	t.Parallel()
	const secret = "access-sandbox-1b5d4c4e-7f0a-4c53-9a3a"
	all := secrets{accessToken: {secret}}
	for name, text := range map[string]string{
		"as it is":   `{"msg":"asked","token":"` + secret + `"}`,
		"in a query": "GET /?t=" + url.QueryEscape("a b&"+secret),
		"as bytea":   `(1,"\\x` + hex.EncodeToString([]byte("x"+secret)) + `")`,
		"base64, 0":  base64.StdEncoding.EncodeToString([]byte(secret + " behind")),
		"base64, 1":  base64.StdEncoding.EncodeToString([]byte("1" + secret)),
		"base64, 2":  base64.URLEncoding.EncodeToString([]byte("12" + secret + "1")),
		"base64, 3":  base64.RawURLEncoding.EncodeToString([]byte("123" + secret + "12")),
	} {
		require.Equal(t, []find{{accessToken, name}}, scan(all, []place{{name: name, text: []byte(text)}}), name)
		require.Empty(t, scan(all, []place{{name: name, text: []byte(text), may: []kind{accessToken}}}), "it is needed there")
	}
	require.Empty(t, scan(all, []place{{name: "other", text: []byte("access-sandbox-2c")}}))
}
