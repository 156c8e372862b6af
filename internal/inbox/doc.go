// Package inbox carries hints from Postgres to the workflows: it claims open rows and delivers them, one signal per
// Item.
//
// It imports internal/item and internal/breaker only; queue, deliverer and recorder are ports. It never looks into a hint.
//
// Start reading at Dispatcher.Run.
package inbox
