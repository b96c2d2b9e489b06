"""Pages of the trusted regions (互信区域): what is believed, changes by two people, signed lists in and out."""
