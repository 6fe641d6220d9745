"""What a trained model can be asked: interests, recommendations, an export, a page, a server."""
