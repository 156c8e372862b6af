// Package bench measures relink beside a baseline from the same run, on a whole relink of its own with its data on a
// disk. It acts from outside over HTTP and looks with SQL and Temporal's API, and may import of relink internal/sut,
// internal/devstack and internal/blackbox alone. Start reading at All; ingest.go and storm.go are the benches, load.go
// is what loads.
package bench
