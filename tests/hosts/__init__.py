"""Two hosts on one machine, one of which is lost: `make check-hosts`."""
