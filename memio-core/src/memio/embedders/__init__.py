"""Embedders that come with memio: adapters to models, and no models."""
