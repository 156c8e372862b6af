// Package tasks is what needs a person: the kinds of tasks, and a task with its Item.
// It imports internal/item.
// Start reading at Task.
package tasks
