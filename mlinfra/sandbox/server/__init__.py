"""The emulated AWS account: one local process that answers any AWS client, and the means to start and stop it."""
