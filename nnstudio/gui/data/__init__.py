"""The Data page: data sets at the left, what they hold in the centre, their preparation at the right."""
