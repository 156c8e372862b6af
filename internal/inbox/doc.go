// Package inbox carries hints from Postgres to the workflows: it claims open rows and delivers them, one signal per
// Item.
//
// It imports internal/item and internal/breaker only, and treats a hint as opaque; queue, deliverer and recorder are
// ports.
//
// Start reading at Dispatcher.Run.
package inbox
