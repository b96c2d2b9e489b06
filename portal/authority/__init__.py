"""What the certificate pages show (证书管理页面的数据): tree, one certificate decoded, expiries, health of lists.

Nothing here decides or changes anything; rooms are asked for what the person may see.
"""
