// Package drill rehearses what must not go wrong: each drill loads and breaks a relink of its own, and measures from
// outside whether its bars hold. It acts as relink's neighbours can (HTTP, mail, signals to processes, SQL to look or
// to sabotage) and may import of relink internal/sut, internal/devstack and internal/blackbox alone, so that no drill
// passes by reaching behind the doors. Start reading at All, then run.go for what the drills share; crash.go is a
// drill.
package drill
