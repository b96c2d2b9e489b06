#!/bin/sh
# 三次 curl：取令牌、签发证照、核验文件 / three curl calls: a token, a licence, a verdict.
# Run `examples/register.py` first, then this from the repository root. YINXIN is the region's address.
set -eu
YINXIN=${YINXIN:-http://127.0.0.1:8000}
PYTHON=${PYTHON:-.venv/bin/python}
here=$(dirname "$0")
OUT=${OUT:-$here/licence.pdf}
# 取 JSON 中的一个文本成员；装有 jq 的话用 jq -r .名称 / one text member of a flat JSON object, as jq -r .name would
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# 1. 取令牌：用自己的私钥签一次性断言，没有口令 / a token for a signed assertion; there is no secret to leak
ASSERTION=$("$PYTHON" "$here/assertion.py" --issuer "$YINXIN" "$@")
TOKEN=$(curl -fsS "$YINXIN/oauth2/token" \
  -d grant_type=client_credentials -d scope='licence:issue licence:read' \
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
  -d client_assertion="$ASSERTION" | member access_token)

# 2. 签发：同一个 Idempotency-Key 再发一次，得到同一份证照 / issue; the same key again gives the same licence
LICENCE=$(curl -fsS "$YINXIN/api/v1/licence/licences" -H "Authorization: Bearer $TOKEN" \
  -H "Idempotency-Key: ${ORDER:-tour-1}" --json @"$here/licence.json")
echo "$LICENCE"
ID=$(echo "$LICENCE" | member id)

# 3. 核验：下载已盖章的 PDF，交给公开接口 / fetch the sealed PDF and put it to the public verifier
curl -fsS "$YINXIN/api/v1/licence/licences/$ID/file.pdf" -H "Authorization: Bearer $TOKEN" -o "$OUT"
curl -fsS "$YINXIN/api/v1/verify/files" -F "file=@$OUT"
