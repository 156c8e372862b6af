package localplaid

import (
	"net/http"
	"strings"
)

// apiRoute is one path of Plaid's API. fields names what a request may hold beside client_id and secret, as the schema
// of that path has it; a star marks what it must hold. Plaid refuses unknown and missing fields, and so does the local
// Plaid. changes: the answer leaves once the data file holds what was done.
type apiRoute struct {
	path, fields string
	changes      bool
	serve        handler
}

func (s *Server) apiRoutes() []apiRoute {
	g := s.registry
	return []apiRoute{
		{"/link/token/create", linkTokenCreateFields, true, s.linkTokenCreate},
		{"/link/token/get", "link_token*", false, g.linkTokenGet},
		{"/item/get", "access_token*", false, g.onItem(itemGet)},
		{"/item/remove", "access_token* reason_code reason_note", true, g.onItem(itemRemove)},
		{"/item/webhook/update", "access_token* webhook", true, g.onItem(g.itemWebhookUpdate)},
		{"/item/public_token/exchange", "public_token*", true, g.publicTokenExchange},
		{"/accounts/get", "access_token* options", false, g.onItem(accountsGet)},
		{"/institutions/get_by_id", "institution_id* country_codes* options", false, g.institutionsGetByID},
		{"/webhook_verification_key/get", "key_id*", false, s.webhookVerificationKeyGet},
		{"/sandbox/public_token/create", sandboxPublicTokenFields, true, g.sandboxPublicTokenCreate},
		{"/sandbox/item/reset_login", "access_token*", true, g.onItem(g.sandboxItemResetLogin)},
		{"/sandbox/item/fire_webhook", "access_token* webhook_code* webhook_type", true, g.onItem(g.sandboxItemFireWebhook)},
	}
}

const sandboxPublicTokenFields = "institution_id* initial_products* options user_token user_id"

// linkTokenCreateFields are all of the schema's. Most have no effect here. checkLinkToken refuses update by user:
// an answer that ignored it would be wrong.
const linkTokenCreateFields = `client_name* language* country_codes* user* products required_if_supported_products optional_products
	additional_consented_products webhook access_token access_tokens link_customization_name redirect_uri android_package_name
	institution_data card_switch account_filters eu_config institution_id payment_initiation deposit_switch employment
	income_verification base_report credit_partner_insights cra_options consumer_report_permissible_purpose auth transfer update
	identity_verification statements user_token user_id investments investments_auth hosted_link transactions cra_enabled identity
	financekit_supported enable_multi_item_link`

// fieldNames splits an apiRoute's fields into those a request must have and all it may have.
func fieldNames(fields string) (required, known []string) {
	known = []string{"client_id", "secret"}
	for name := range strings.FieldsSeq(fields) {
		name, must := strings.CutSuffix(name, "*")
		known = append(known, name)
		if must {
			required = append(required, name)
		}
	}
	return required, known
}

// controls are what Plaid's own Sandbox cannot do, by method and the last part of the path (README, "The local Plaid").
func (s *Server) controls() map[string]http.Handler {
	g := s.registry
	return map[string]http.Handler{
		"POST break":      control(s, lockedAct(g, g.controlBreak)),
		"POST heal":       control(s, lockedAct(g, g.controlHeal)),
		"POST breakall":   control(s, lockedAct(g, g.controlBreakAll)),
		"POST healall":    control(s, lockedAct(g, g.controlHealAll)),
		"POST bank":       control(s, lockedAct(g, g.controlBank)),
		"POST item":       control(s, lockedAct(g, g.controlItem)),
		"POST consent":    control(s, lockedAct(g, g.controlConsent)),
		"POST fire":       control(s, s.controlFire),
		"POST sign":       control(s, s.controlSign),
		"POST signing":    control(s, s.controlSigning),
		"POST link":       control(s, s.controlLink),
		"POST key":        control(s, s.controlKey),
		"POST clock":      control(s, lockedAct(g, s.controlAdvance)),
		"POST fault":      control(s, lockedAct(g, s.controlFault)),
		"GET clock":       show(s.controlClock),
		"GET requests":    show(s.controlRequests),
		"GET webhooks":    show(s.controlWebhooks),
		"GET webhook-key": show(s.controlWebhookKey),
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.notFound)
	for _, route := range s.apiRoutes() {
		mux.Handle("POST "+route.path, s.api(route))
	}
	mux.HandleFunc("GET /link/v2/stable/link-initialize.js", s.linkScript)
	mux.HandleFunc("GET "+hostedPath+"{id}", s.linkPage)
	for _, name := range []string{"session", "session.js", "panes.js", "session.css", "bank-done.js"} {
		mux.HandleFunc("GET /link/"+name, s.linkPage)
	}
	mux.Handle("POST /link/session/start", s.linkSession("start"))
	for name := range linkSteps {
		mux.Handle("POST /link/session/"+name, s.linkSession(name))
	}
	mux.HandleFunc("GET "+bankPath+"{visit}", s.bankPage)
	mux.HandleFunc("POST "+bankPath+"{visit}", s.bankDecision)
	for name, serve := range s.controls() {
		method, path, _ := strings.Cut(name, " ")
		mux.Handle(method+" /control/"+path, serve)
	}
	return mux
}
