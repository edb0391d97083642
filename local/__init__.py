"""The stand-in stack: AWS, OpenTok and an identity provider on this machine. Never packaged."""
