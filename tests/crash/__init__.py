"""make crash: programs that are killed at random moments end as unbroken ones do."""
