"""The Train page: figures, the doctor, the curves, and the dialogs about learning rates and forks."""
