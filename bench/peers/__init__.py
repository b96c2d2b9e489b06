"""The peers (对照): other people's software, used as its documentation says."""
