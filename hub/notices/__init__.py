"""Messages to families: put in the outbox now, sent soon."""
