// Package describe puts Items, what waits for a person, and timelines into English for people of the house. The pages
// below /ops and the commands of people print its words.
//
// It may import internal/item, internal/wording and the standard library. What a merchant reads stands in internal/wording.
//
// Start reading at Moment.
package describe
