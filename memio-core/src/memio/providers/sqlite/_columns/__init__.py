"""How values, namespaces and owners stand in columns, and conditions on them."""
