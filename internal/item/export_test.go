package item

// Change is one change of state, and one evidence that allows it.
type Change struct {
	From, To State
	By       Evidence
}

// Changes returns what the table of transitions allows, row by row.
func Changes() []Change {
	var all []Change
	for _, r := range transitions {
		for _, by := range r.by {
			all = append(all, Change{r.from, r.to, by})
		}
	}
	return all
}
