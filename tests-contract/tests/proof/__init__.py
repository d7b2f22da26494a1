"""What the suite is proven with: good stores, and the catalogue of broken ones."""
