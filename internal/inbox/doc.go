// Package inbox carries hints from Postgres to the workflows: it claims open rows, groups them by Item and has them
// delivered, one signal per Item.
//
// It imports internal/item and internal/breaker only; queue and deliverer are ports. It never looks into a hint.
//
// Start reading at Dispatcher.Run.
package inbox
