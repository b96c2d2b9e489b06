# Yinxin in one image: web, worker and CLI. Stage 1 builds the environment from hashed wheels, stage 2 runs it as nobody special.
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE} AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python3 -m venv /opt/yinxin
COPY requirements/run.txt requirements/run.txt
RUN /opt/yinxin/bin/pip install --require-hashes -r requirements/run.txt
COPY pyproject.toml README.md LICENSE openapi.yaml ./
COPY foundation foundation
COPY hsm hsm
COPY ca ca
COPY seal seal
COPY verify verify
COPY licence licence
COPY sso sso
COPY portal portal
COPY server server
RUN /opt/yinxin/bin/pip install --no-deps --no-build-isolation . \
    && /opt/yinxin/bin/python -m compileall -q /opt/yinxin/lib

FROM ${BASE}

# The SM2 engine is the system's libcrypto (Debian's libssl3, part of the base image).
RUN groupadd --gid 10001 yinxin \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/yinxin --create-home --shell /usr/sbin/nologin yinxin
# The signer's container runs as an account of its own; a new volume takes owner and mode of these folders.
RUN install -d -o 10002 -g 10001 -m 0750 /run/signer /var/lib/signer
COPY --from=build /opt/yinxin /opt/yinxin

ENV PATH=/opt/yinxin/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    YINXIN_HOME=/var/lib/yinxin \
    YINXIN_WEB__HOST=0.0.0.0

# Everything written goes to this one volume; the root file system may be read-only (give /tmp as tmpfs).
VOLUME /var/lib/yinxin
WORKDIR /var/lib/yinxin
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=4s --start-period=60s --retries=4 \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=3)"]
ENTRYPOINT ["yinxin"]
CMD ["serve"]
