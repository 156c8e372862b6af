// Command alerts checks files of alerting rules with Prometheus' own parser: their shape, their expressions, and the
// templates in their annotations.
//
// It may import nothing of relink; its own go.mod keeps Prometheus out of relink's.
//
// Start reading at main.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: alerts FILE...")
		os.Exit(2)
	}
	wrong := false
	for _, file := range os.Args[1:] {
		groups, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.Default())
		for _, err := range errs {
			fmt.Fprintln(os.Stderr, err)
		}
		if len(errs) > 0 || groups == nil || len(groups.Groups) == 0 {
			fmt.Fprintf(os.Stderr, "%s is no file of rules\n", file)
			wrong = true
		}
	}
	if wrong {
		os.Exit(1)
	}
}
