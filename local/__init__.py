"""The local stack: stand-ins for AWS, OpenTok and an identity provider. Never packaged."""
