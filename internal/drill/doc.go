// Package drill rehearses what must not go wrong: each drill starts a whole relink of its own, loads it, breaks it, and
// measures from outside whether its bars hold.
//
// It acts as relink's neighbours can (HTTP, mail, signals to processes, SQL to look or to sabotage) and imports of relink
// internal/devstack and internal/outside alone, so that no drill can pass by reaching behind the doors.
//
// Start reading at All; webhooks.go is a drill.
package drill
