// Package readmodel holds what lists and timelines show of Items.
//
// It imports internal/item, and no adapter.
//
// Start reading at Listed and TimelineEntry.
package readmodel
