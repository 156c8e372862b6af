// Package note is the agreement between the probes and the test that runs them.
package note

// What the probes are asked for.
const (
	DirVar   = "RELINK_PROBE_DIR"   // where the note goes, under the probe's name
	WantVar  = "RELINK_PROBE_WANT"  // "both" or "postgres"
	BlockVar = "RELINK_PROBE_BLOCK" // "yes": stay until the go command is gone
)

// Note is what a probe got.
type Note struct {
	Server   string `json:"server"` // Postgres's data folder, one per server
	URL      string `json:"url"`
	Temporal string `json:"temporal"`
}
