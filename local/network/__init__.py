"""The stack for phones and other devices on the network that this machine is on."""
