package devstack

import (
	_ "embed"
	"html/template"
	"net/http"
	"net/url"
)

//go:embed startpage.html
var startPageHTML string

var startPage = template.Must(template.New("startpage").Parse(startPageHTML))

// startPage lists where everything is. It holds no token.
func (s *Stack) startPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = startPage.Execute(w, map[string]string{
		"Ops": s.World.API + "/ops", "Mailbox": s.World.Mailbox, "TemporalUI": s.TemporalUI, "Sandbox": s.World.Sandbox,
		"Broken": s.TemporalUI + "/namespaces/default/workflows?query=" + url.QueryEscape("ExecutionStatus='Running' AND RelinkState!='connected'"),
	})
}
