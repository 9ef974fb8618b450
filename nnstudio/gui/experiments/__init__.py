"""The Experiments page: a sweep's set-up, its trials, and the thread that has them trained."""
