"""The Hugging Face Space, as it is built and run there."""
