"""The interest explorer: one page that shows what a trained model finds in people's histories."""
