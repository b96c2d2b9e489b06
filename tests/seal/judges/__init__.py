"""Other people's programs judge everything the seal room puts out (独立裁判): every kind of output × every judge."""
