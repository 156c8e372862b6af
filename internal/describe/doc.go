// Package describe puts Items, tasks and timelines into English for operators, on the pages below /ops and in the
// commands of people.
//
// It may import internal/wording, the records that it describes and the standard library; what a merchant reads is in
// internal/wording.
//
// Start reading at TimelineEntry.
package describe
