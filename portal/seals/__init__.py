"""What the seal pages share (印章页面): their tabs, their words with their English, and how faults are told."""
