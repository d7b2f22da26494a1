"""The way of a call: arguments, features, middleware, cursors, batches, the store, and its answer."""
