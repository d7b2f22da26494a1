"""Event loops: which one each store belongs to, memio's own one, and closing a client from any of them."""
