package devstack

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// WriteEnv writes the environment to .relink/dev.env below dir, for a shell to source. It holds tokens: mode 0600.
func (s *Stack) WriteEnv(dir string) (file string, err error) {
	folder := filepath.Join(dir, ".relink")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make %s: %w", folder, err)
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		fmt.Fprintf(&b, "export %s='%s'\n", name, strings.ReplaceAll(s.Env[name], "'", `'\''`))
	}
	file = filepath.Join(folder, "dev.env")
	temporary := file + ".new"
	if err := os.WriteFile(temporary, []byte(b.String()), 0o600); err != nil {
		return "", fmt.Errorf("write %s: %w", file, err)
	}
	if err := os.Rename(temporary, file); err != nil {
		return "", fmt.Errorf("write %s: %w", file, err)
	}
	return file, nil
}
