"""Registration (注册审核, RA): who asks for a certificate, who looked, who agreed, and how it reached its holder."""
