"""server 装配: puts the rooms together. Three composition roots (web, worker, CLI) over one `House`."""
