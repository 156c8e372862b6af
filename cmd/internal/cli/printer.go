package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

// Say prints one line for people. Everything in it is made harmless, so it stays one line.
func (t *Terminal) Say(format string, args ...any) error {
	if _, err := fmt.Fprintln(t.Out, Harmless(fmt.Sprintf(format, args...))); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Note prints one line beside the results, on standard error. Everything in it is made harmless.
func (t *Terminal) Note(format string, args ...any) {
	fmt.Fprintln(t.Err, Harmless(fmt.Sprintf(format, args...)))
}

// Fail prints an error, on standard error. Its lines and their indentation are kept, everything else in it is made
// harmless.
func (t *Terminal) Fail(err error) {
	prefix := "relink: "
	for line := range strings.SplitSeq(err.Error(), "\n") {
		text := strings.TrimLeft(line, "\t")
		fmt.Fprintln(t.Err, prefix+strings.Repeat("  ", len(line)-len(text))+Harmless(text))
		prefix = ""
	}
}

// PrintJSON prints v as one line of JSON.
func (t *Terminal) PrintJSON(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if _, err := fmt.Fprintf(t.Out, "%s\n", harmlessJSON(line)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Result prints what a command did: v with --json, else the sentence.
func (t *Terminal) Result(v any, sentence string, args ...any) error {
	if t.JSON {
		return t.PrintJSON(v)
	}
	return t.Say(sentence, args...)
}

// List prints one JSON object for each element with --json, else a table with a row for each.
func List[T any](t *Terminal, all []T, header []string, row func(T) []string) error {
	if !t.JSON {
		rows := make([][]string, len(all))
		for i, one := range all {
			rows[i] = row(one)
		}
		return t.Table(header, rows)
	}
	for _, one := range all {
		if err := t.PrintJSON(one); err != nil {
			return err
		}
	}
	return nil
}

// Table prints aligned columns. Every cell is made harmless: a name can forge neither a column nor a row.
func (t *Terminal) Table(header []string, rows [][]string) error {
	table := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{header}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = Harmless(cell)
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
