"""Reports beyond JSON and pages (核验报告): ETSI TS 119 102-2 XML, and a PDF sealed by the verification service."""
