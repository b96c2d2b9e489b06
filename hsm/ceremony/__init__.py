"""Key ceremonies (密钥仪式): one reviewed plan in, witnessed steps, one signed transcript out. Offline throughout."""
