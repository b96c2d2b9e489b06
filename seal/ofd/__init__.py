"""OFD files (版式文档, GB/T 33190-2016): the one reader and writer of the package, and signing it with a seal."""
