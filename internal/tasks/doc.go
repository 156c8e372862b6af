// Package tasks holds what needs a person: the kinds of tasks, and a task with its Item.
//
// It imports internal/item, and no adapter.
//
// Start reading at Task.
package tasks
