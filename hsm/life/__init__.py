"""The life of a key under dual control (密钥生命周期与双人控制): asked for, approved by another person, done once."""
