// Package readmodel is what lists and timelines show of Items.
// It imports internal/item.
// Start reading at Listed and TimelineEntry.
package readmodel
