"""Sweeps: a project trained with many combinations of its settings.

``expansion`` the combinations · ``tpe`` those that learn from earlier ones · ``ledger`` what happened, on
disk · ``trials`` what is known of every trial · ``ranking`` which is best, and what is noise ·
``worker`` one run in a process of its own · ``local`` several such processes · ``sweep`` the loop.

A sweep's folder holds ``sweep.json`` (the project with its set-up), ``ledger.jsonl`` and ``runs``, one
ordinary run folder per combination and seed.
"""
